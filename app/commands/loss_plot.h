// The loss curves of a run as an SVG picture.
#pragma once

#include "catalog/records.h"

#include <string>
#include <vector>

namespace commands {

struct LossCurves {
    std::string title;
    std::vector<catalog::MetricPoint> loss;         // every recorded step, drawn lightly
    std::vector<catalog::MetricPoint> loss_smooth;  // drawn strongly
    std::vector<catalog::MetricPoint> eval_loss;    // points joined by a line
};

// A whole SVG document, 860 x 480. Points that are not finite leave a gap.
std::string loss_plot_svg(const LossCurves& curves);

}  // namespace commands
