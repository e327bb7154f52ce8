// Thins a curve while it is read: the steps between the first and the last point are cut into equal buckets,
// and of each bucket the lowest and the highest point stay, so that no spike disappears. NaN counts as higher
// than any number.
#pragma once

#include <catalog/records.h>

#include <cmath>
#include <optional>
#include <vector>

namespace catalog {

class PointReducer {
  public:
    // Points will come by ascending step in [first_step, last_step]; at most max_points (at least 4) are
    // kept.
    PointReducer(std::int64_t first_step, std::int64_t last_step, std::size_t max_points)
        : first_step_(first_step), last_step_(last_step) {
        const std::size_t buckets = max_points < 4 ? 1 : (max_points - 2) / 2;
        const double span = static_cast<double>(last_step) - static_cast<double>(first_step);
        bucket_width_ = span / static_cast<double>(buckets);
        points_.reserve(2 * buckets + 2);
    }

    void add(const MetricPoint& point) {
        if (point.step == first_step_ || point.step == last_step_) {
            flush();
            points_.push_back(point);
            return;
        }
        const double offset = static_cast<double>(point.step) - static_cast<double>(first_step_);
        const auto bucket = static_cast<std::size_t>(offset / bucket_width_);
        if (bucket != bucket_) flush();
        bucket_ = bucket;
        if (!lowest_ || higher(*lowest_, point)) lowest_ = point;
        if (!highest_ || higher(point, *highest_)) highest_ = point;
    }

    std::vector<MetricPoint> take() {
        flush();
        return std::move(points_);
    }

  private:
    static bool higher(const MetricPoint& a, const MetricPoint& b) {
        return std::isnan(a.value) ? !std::isnan(b.value) : a.value > b.value;
    }

    void flush() {
        if (!lowest_) return;
        const bool lowest_first = lowest_->step < highest_->step;
        points_.push_back(lowest_first ? *lowest_ : *highest_);
        if (lowest_->step != highest_->step) points_.push_back(lowest_first ? *highest_ : *lowest_);
        lowest_.reset();
        highest_.reset();
    }

    std::int64_t first_step_;
    std::int64_t last_step_;
    double bucket_width_ = 1.0;
    std::size_t bucket_ = 0;
    std::optional<MetricPoint> lowest_;
    std::optional<MetricPoint> highest_;
    std::vector<MetricPoint> points_;
};

}  // namespace catalog
