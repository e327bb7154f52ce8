#include "loss_plot.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace commands {

namespace {

constexpr double width = 860, height = 480;
constexpr double left = 72, right = 24, top = 48, bottom = 60;

using Points = std::vector<catalog::MetricPoint>;

std::string number(double value, const char* format = "%.2f") {
    char text[32];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            case '"':
                result += "&quot;";
                break;
            default:
                result += c;
        }
    }
    return result;
}

struct Range {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();
    void include(double value) {
        if (!std::isfinite(value)) return;
        low = std::min(low, value);
        high = std::max(high, value);
    }
};

// 1, 2 or 5 times a power of ten, so that about six ticks fit.
double tick_step(const Range& range) {
    const double rough = (range.high - range.low) / 6;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (rough <= factor * power) return factor * power;
    return 10 * power;
}

class Plot {
  public:
    explicit Plot(const LossCurves& curves) : curves_(curves) {
        for (const auto* points : {&curves.loss, &curves.loss_smooth, &curves.eval_loss})
            for (const auto& point : *points) {
                steps_.include(static_cast<double>(point.step));
                losses_.include(point.value);
            }
        widen(steps_, 0, 1);
        const double margin = 0.05 * (losses_.high - losses_.low);
        widen(losses_, std::isfinite(margin) ? margin : 0, 1);
    }

    std::string svg() {
        out_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + number(width, "%.0f") + " " +
               number(height, "%.0f") + "\" width=\"" + number(width, "%.0f") + "\" height=\"" +
               number(height, "%.0f") +
               "\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#333\">\n"
               "<rect width=\"860\" height=\"480\" fill=\"#fff\"/>\n";
        text(left, 28, curves_.title, "font-size=\"16\" font-weight=\"bold\"");
        draw_axes();
        draw_line(curves_.loss, "#9ec5e8", 1);
        draw_line(curves_.loss_smooth, "#1f6fb5", 2.2);
        draw_line(curves_.eval_loss, "#d1602a", 1.6);
        for (const auto& point : curves_.eval_loss)
            if (std::isfinite(point.value))
                out_ += "<circle cx=\"" + x(point.step) + "\" cy=\"" + y(point.value) +
                        "\" r=\"4\" fill=\"#d1602a\"/>\n";
        draw_legend();
        return out_ + "</svg>\n";
    }

  private:
    // Never empty and never of no extent.
    static void widen(Range& range, double margin, double least) {
        if (range.low > range.high) range = {0, least};
        if (range.high - range.low < 1e-9) margin = least / 2;
        range.low -= margin;
        range.high += margin;
    }
    double x_at(double step) const {
        return left + (step - steps_.low) / (steps_.high - steps_.low) * (width - left - right);
    }
    double y_at(double loss) const {
        return height - bottom -
               (loss - losses_.low) / (losses_.high - losses_.low) * (height - top - bottom);
    }
    std::string x(double step) const { return number(x_at(step)); }
    std::string y(double loss) const { return number(y_at(loss)); }

    void text(double at_x, double at_y, const std::string& content, const std::string& attributes) {
        out_ += "<text x=\"" + number(at_x) + "\" y=\"" + number(at_y) + "\" " + attributes + ">" +
                escaped(content) + "</text>\n";
    }
    void line(double x1, double y1, double x2, double y2, const char* colour) {
        out_ += "<line x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) + "\" y2=\"" +
                number(y2) + "\" stroke=\"" + colour + "\"/>\n";
    }

    void draw_axes() {
        const double base = height - bottom;
        const double step = std::max(1.0, tick_step(steps_));
        for (double at = std::ceil(steps_.low / step) * step; at <= steps_.high + step * 1e-6; at += step) {
            line(x_at(at), top, x_at(at), base, "#eee");
            text(x_at(at), base + 20, number(at, "%.0f"), "text-anchor=\"middle\"");
        }
        const double rise = tick_step(losses_);
        for (double at = std::ceil(losses_.low / rise) * rise; at <= losses_.high + rise * 1e-6; at += rise) {
            line(left, y_at(at), width - right, y_at(at), "#eee");
            text(left - 8, y_at(at) + 4, number(std::abs(at) < rise * 1e-6 ? 0 : at, "%.4g"),
                 "text-anchor=\"end\"");
        }
        line(left, base, width - right, base, "#666");
        line(left, top, left, base, "#666");
        text((left + width - right) / 2, height - 16, "optimiser step", "text-anchor=\"middle\"");
        const double middle = (top + base) / 2;
        text(18, middle, "loss (nats per token)",
             "text-anchor=\"middle\" transform=\"rotate(-90 18 " + number(middle) + ")\"");
    }

    void draw_line(const Points& points, const char* colour, double stroke) {
        std::string path;
        bool down = false;
        for (const auto& point : points) {
            if (!std::isfinite(point.value)) {
                down = false;
                continue;
            }
            path += (down ? "L" : "M") + x(static_cast<double>(point.step)) + " " + y(point.value);
            down = true;
        }
        if (path.empty()) return;
        out_ += "<path d=\"" + path + "\" fill=\"none\" stroke=\"" + colour + "\" stroke-width=\"" +
                number(stroke, "%.1f") + "\" stroke-linejoin=\"round\"/>\n";
    }

    void draw_legend() {
        struct Item {
            const char* name;
            const char* colour;
            bool there;
        };
        double at = width - right - 330;
        for (const auto& item : {Item{"each step", "#9ec5e8", !curves_.loss.empty()},
                                 Item{"smoothed", "#1f6fb5", !curves_.loss_smooth.empty()},
                                 Item{"evaluation", "#d1602a", !curves_.eval_loss.empty()}}) {
            if (!item.there) continue;
            out_ += "<rect x=\"" + number(at) + "\" y=\"20\" width=\"18\" height=\"4\" fill=\"" +
                    item.colour + "\"/>\n";
            text(at + 24, 27, item.name, "");
            at += 110;
        }
    }

    const LossCurves& curves_;
    Range steps_, losses_;
    std::string out_;
};

}  // namespace

std::string loss_plot_svg(const LossCurves& curves) {
    return Plot(curves).svg();
}

}  // namespace commands
