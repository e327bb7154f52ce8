#include "ui/widgets/charts/point_series.h"

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

bool before(const QPointF& point, double x) {
    return point.x() < x;
}

// Collects the extremes of one part of x and writes them in the order of x.
class Bucket {
  public:
    void take(const QPointF& p) {
        if (!std::isfinite(p.y())) return;
        if (!any_ || p.y() < low_.y()) low_ = p;
        if (!any_ || p.y() > high_.y()) high_ = p;
        any_ = true;
    }
    void flush(std::vector<QPointF>& out) {
        if (!any_) return;
        const bool lowFirst = low_.x() <= high_.x();
        out.push_back(lowFirst ? low_ : high_);
        if (low_ != high_) out.push_back(lowFirst ? high_ : low_);
        any_ = false;
    }

  private:
    QPointF low_, high_;
    bool any_ = false;
};

}  // namespace

void PointSeries::clear() {
    points_.clear();
    blocks_.clear();
}

void PointSeries::assign(std::vector<QPointF> points) {
    points_ = std::move(points);
    blocks_.clear();
    closeBlocks();
}

void PointSeries::append(QPointF point) {
    if (!points_.empty() && point.x() <= points_.back().x()) {
        points_.erase(std::lower_bound(points_.begin(), points_.end(), point.x(), before), points_.end());
        blocks_.resize(std::min(blocks_.size(), points_.size() / kBlock));
    }
    points_.push_back(point);
    closeBlocks();
}

void PointSeries::closeBlocks() {
    while ((blocks_.size() + 1) * kBlock <= points_.size()) {
        const std::size_t begin = blocks_.size() * kBlock;
        Block block{begin, begin};
        for (std::size_t i = begin; i < begin + kBlock; ++i) {
            const double y = points_[i].y();
            if (!std::isfinite(y)) continue;
            if (!(y >= points_[block.low].y())) block.low = i;
            if (!(y <= points_[block.high].y())) block.high = i;
        }
        blocks_.push_back(block);
    }
}

std::vector<QPointF> PointSeries::reduced(double fromX, double toX, int buckets) const {
    const auto first = std::lower_bound(points_.begin(), points_.end(), fromX, before);
    auto last =
        std::upper_bound(first, points_.end(), toX, [](double x, const QPointF& p) { return x < p.x(); });
    const std::size_t begin =
        static_cast<std::size_t>(first - points_.begin()) - (first != points_.begin() ? 1 : 0);
    const std::size_t end =
        static_cast<std::size_t>(last - points_.begin()) + (last != points_.end() ? 1 : 0);
    const std::size_t room = static_cast<std::size_t>(std::max(buckets, 1)) * 2 + 2;
    if (end - begin <= room)
        return {points_.begin() + std::ptrdiff_t(begin), points_.begin() + std::ptrdiff_t(end)};

    std::vector<QPointF> out;
    out.reserve(room);
    out.push_back(points_[begin]);
    const double x0 = points_[begin + 1].x();
    const double width = std::max((points_[end - 2].x() - x0) / std::max(buckets, 1), 1e-300);
    Bucket bucket;
    auto current = -1.0;
    const auto take = [&](const QPointF& p) {
        const double index = std::floor((p.x() - x0) / width);
        if (index != current) bucket.flush(out);
        current = index;
        bucket.take(p);
    };
    // Whole blocks stand for their points where a bucket holds several of them anyway.
    const bool byBlocks = (end - begin) / std::size_t(std::max(buckets, 1)) > 4 * kBlock;
    for (std::size_t i = begin + 1; i + 1 < end;) {
        const std::size_t block = i / kBlock;
        if (byBlocks && i % kBlock == 0 && i + kBlock < end && block < blocks_.size()) {
            take(points_[std::min(blocks_[block].low, blocks_[block].high)]);
            take(points_[std::max(blocks_[block].low, blocks_[block].high)]);
            i += kBlock;
        } else {
            take(points_[i++]);
        }
    }
    bucket.flush(out);
    out.push_back(points_[end - 1]);
    return out;
}

const QPointF* PointSeries::nearest(double x) const {
    const auto at = std::lower_bound(points_.begin(), points_.end(), x, before);
    auto right = at;
    while (right != points_.end() && !std::isfinite(right->y())) ++right;
    auto left = at;
    while (left != points_.begin() && !std::isfinite(std::prev(left)->y())) --left;
    const QPointF* candidate = right != points_.end() ? &*right : nullptr;
    if (left != points_.begin()) {
        const QPointF* previous = &*std::prev(left);
        if (!candidate || x - previous->x() < candidate->x() - x) candidate = previous;
    }
    return candidate;
}

double Smoother::next(double value) {
    if (!std::isfinite(value)) return norm_ > 0 ? sum_ / norm_ : value;
    sum_ = weight_ * sum_ + (1 - weight_) * value;
    norm_ = weight_ * norm_ + (1 - weight_);
    return sum_ / norm_;
}

}  // namespace ui
