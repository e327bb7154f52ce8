// The points of one curve, by ascending x, and a picture-sized extract of them. Plain value, one thread.
// Appending costs O(1); an extract of n visible points costs O(n) up to a few ten thousand and about n/256
// beyond.
#pragma once

#include <QPointF>

#include <span>
#include <vector>

namespace ui {

class PointSeries {
  public:
    void clear();
    void assign(std::vector<QPointF> points);  // must ascend in x
    // A point that does not lie behind the last one first drops what it repeats: a resumed run goes back a
    // few steps.
    void append(QPointF point);

    bool empty() const { return m_points.empty(); }
    std::size_t size() const { return m_points.size(); }
    std::span<const QPointF> points() const { return m_points; }
    const QPointF& back() const { return m_points.back(); }

    // The points between fromX and toX and one neighbour on either side; where there are more than fit, the
    // lowest and the highest of each of `buckets` equal parts of x (and the first and last), so that no spike
    // is lost.
    std::vector<QPointF> reduced(double fromX, double toX, int buckets) const;
    // The point nearest in x with a finite value; nullptr when there is none.
    const QPointF* nearest(double x) const;

  private:
    static constexpr std::size_t kBlock = 256;
    struct Block {  // indices of the extremes of kBlock consecutive points
        std::size_t low = 0, high = 0;
    };
    void closeBlocks();

    std::vector<QPointF> m_points;
    std::vector<Block> m_blocks;
};

// Exponential average with bias correction, weight in [0, 1): 0 gives the points themselves. Points without a
// finite value are passed over.
class Smoother {
  public:
    explicit Smoother(double weight = 0) : m_weight(weight) {}
    double next(double value);

  private:
    double m_weight, m_sum = 0, m_norm = 0;
};

}  // namespace ui
