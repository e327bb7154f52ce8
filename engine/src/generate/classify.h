// The loss and metrics of a classifier on a labelled data file; evaluate() in engine/compute.h leads here.
#pragma once

#include "engine/compute.h"

namespace engine {

EvaluateResult evaluate_classifier(const EvaluateRequest& request, std::stop_token stop);

}  // namespace engine
