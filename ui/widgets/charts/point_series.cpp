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
    m_points.clear();
    m_blocks.clear();
}

void PointSeries::assign(std::vector<QPointF> points) {
    m_points = std::move(points);
    m_blocks.clear();
    closeBlocks();
}

void PointSeries::append(QPointF point) {
    if (!m_points.empty() && point.x() <= m_points.back().x()) {
        m_points.erase(std::lower_bound(m_points.begin(), m_points.end(), point.x(), before), m_points.end());
        m_blocks.resize(std::min(m_blocks.size(), m_points.size() / kBlock));
    }
    m_points.push_back(point);
    closeBlocks();
}

void PointSeries::closeBlocks() {
    while ((m_blocks.size() + 1) * kBlock <= m_points.size()) {
        const std::size_t begin = m_blocks.size() * kBlock;
        Block block{begin, begin};
        for (std::size_t i = begin; i < begin + kBlock; ++i) {
            const double y = m_points[i].y();
            if (!std::isfinite(y)) continue;
            if (!(y >= m_points[block.low].y())) block.low = i;
            if (!(y <= m_points[block.high].y())) block.high = i;
        }
        m_blocks.push_back(block);
    }
}

std::vector<QPointF> PointSeries::reduced(double fromX, double toX, int buckets) const {
    const auto first = std::lower_bound(m_points.begin(), m_points.end(), fromX, before);
    auto last =
        std::upper_bound(first, m_points.end(), toX, [](double x, const QPointF& p) { return x < p.x(); });
    const std::size_t begin =
        static_cast<std::size_t>(first - m_points.begin()) - (first != m_points.begin() ? 1 : 0);
    const std::size_t end =
        static_cast<std::size_t>(last - m_points.begin()) + (last != m_points.end() ? 1 : 0);
    const std::size_t room = static_cast<std::size_t>(std::max(buckets, 1)) * 2 + 2;
    if (end - begin <= room)
        return {m_points.begin() + std::ptrdiff_t(begin), m_points.begin() + std::ptrdiff_t(end)};

    std::vector<QPointF> out;
    out.reserve(room);
    out.push_back(m_points[begin]);
    const double x0 = m_points[begin + 1].x();
    const double width = std::max((m_points[end - 2].x() - x0) / std::max(buckets, 1), 1e-300);
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
        if (byBlocks && i % kBlock == 0 && i + kBlock < end && block < m_blocks.size()) {
            take(m_points[std::min(m_blocks[block].low, m_blocks[block].high)]);
            take(m_points[std::max(m_blocks[block].low, m_blocks[block].high)]);
            i += kBlock;
        } else {
            take(m_points[i++]);
        }
    }
    bucket.flush(out);
    out.push_back(m_points[end - 1]);
    return out;
}

const QPointF* PointSeries::nearest(double x) const {
    const auto at = std::lower_bound(m_points.begin(), m_points.end(), x, before);
    auto right = at;
    while (right != m_points.end() && !std::isfinite(right->y())) ++right;
    auto left = at;
    while (left != m_points.begin() && !std::isfinite(std::prev(left)->y())) --left;
    const QPointF* candidate = right != m_points.end() ? &*right : nullptr;
    if (left != m_points.begin()) {
        const QPointF* previous = &*std::prev(left);
        if (!candidate || x - previous->x() < candidate->x() - x) candidate = previous;
    }
    return candidate;
}

double Smoother::next(double value) {
    if (!std::isfinite(value)) return m_norm > 0 ? m_sum / m_norm : value;
    m_sum = m_weight * m_sum + (1 - m_weight) * value;
    m_norm = m_weight * m_norm + (1 - m_weight);
    return m_sum / m_norm;
}

}  // namespace ui
