#include "model/small_products.h"

#include "model/vector_clones.h"

namespace engine {
namespace {

// A vector register of values, and the rows of the tile of results, two vectors wide, that stays in registers
// beside the operands.
struct Registers4 {
    using Vector = float __attribute__((vector_size(16)));
    static constexpr int lanes = 4, rows = 4;
};
struct Registers8 {
    using Vector = float __attribute__((vector_size(32)));
    static constexpr int lanes = 8, rows = 4;
};
struct Registers16 {
    using Vector = float __attribute__((vector_size(64)));
    static constexpr int lanes = 16, rows = 8;
};

// At any address: a vector type that says so of itself loses that in templates.
template <class Vector>
LWB_INLINE void read(const float* from, Vector& to) {
    __builtin_memcpy(&to, from, sizeof(Vector));
}
template <class Vector>
LWB_INLINE void write(const Vector& from, float* to) {
    __builtin_memcpy(to, &from, sizeof(Vector));
}

// c [Rows, Vectors * lanes] of the whole depth.
template <class R, int Rows, int Vectors>
LWB_INLINE void tile(LeftOperand a, RowsOf<const float> b, RowsOf<float> c, int64_t depth, bool accumulate) {
    using Vector = typename R::Vector;
    Vector sums[Rows][Vectors] = {};
    if (accumulate) {
        for (int row = 0; row < Rows; ++row) {
            for (int v = 0; v < Vectors; ++v) read(c.data + row * c.stride + v * R::lanes, sums[row][v]);
        }
    }
    for (int64_t step = 0; step < depth; ++step) {
        const float* const left = a.data + step * a.step_stride;
        Vector right[Vectors];
        for (int v = 0; v < Vectors; ++v) read(b.data + step * b.stride + v * R::lanes, right[v]);
#pragma GCC unroll 8
        for (int row = 0; row < Rows; ++row) {
            for (int v = 0; v < Vectors; ++v) sums[row][v] += right[v] * left[row * a.row_stride];
        }
    }
    for (int row = 0; row < Rows; ++row) {
        for (int v = 0; v < Vectors; ++v) write(sums[row][v], c.data + row * c.stride + v * R::lanes);
    }
}

template <class R, int Vectors>
LWB_INLINE void columns_of(LeftOperand a, RowsOf<const float> b, RowsOf<float> c, ProductSize size,
                           bool accumulate) {
    int64_t row = 0;
    const auto advance = [&](int64_t rows) __attribute__((always_inline)) {
        row += rows;
        a.data += rows * a.row_stride;
        c.data += rows * c.stride;
    };
    for (; row + R::rows <= size.rows; advance(R::rows))
        tile<R, R::rows, Vectors>(a, b, c, size.depth, accumulate);
    for (; row + 2 <= size.rows; advance(2)) tile<R, 2, Vectors>(a, b, c, size.depth, accumulate);
    if (row < size.rows) tile<R, 1, Vectors>(a, b, c, size.depth, accumulate);
}

template <class R>
LWB_INLINE void product(LeftOperand a, RowsOf<const float> b, RowsOf<float> c, ProductSize size,
                        bool accumulate) {
    int64_t column = 0;
    for (; column + 2 * R::lanes <= size.columns; column += 2 * R::lanes) {
        columns_of<R, 2>(a, {b.data + column, b.stride}, {c.data + column, c.stride}, size, accumulate);
    }
    for (; column < size.columns; column += R::lanes) {
        columns_of<R, 1>(a, {b.data + column, b.stride}, {c.data + column, c.stride}, size, accumulate);
    }
}

using Product = void (*)(LeftOperand, RowsOf<const float>, RowsOf<float>, ProductSize, bool);

void product_4(LeftOperand a, RowsOf<const float> b, RowsOf<float> c, ProductSize size, bool accumulate) {
    product<Registers4>(a, b, c, size, accumulate);
}

#ifdef LWB_TARGETS
__attribute__((target("arch=x86-64-v3"))) void product_8(LeftOperand a, RowsOf<const float> b,
                                                         RowsOf<float> c, ProductSize size, bool accumulate) {
    product<Registers8>(a, b, c, size, accumulate);
}

__attribute__((target("arch=x86-64-v4"))) void product_16(LeftOperand a, RowsOf<const float> b,
                                                          RowsOf<float> c, ProductSize size,
                                                          bool accumulate) {
    product<Registers16>(a, b, c, size, accumulate);
}

Product best_product() {
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) return product_16;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return product_8;
    return product_4;
}
#else
Product best_product() {
    return product_4;
}
#endif

}  // namespace

void small_product(LeftOperand a, RowsOf<const float> b, RowsOf<float> c, ProductSize size, bool accumulate) {
    static const Product best = best_product();
    best(a, b, c, size, accumulate);
}

}  // namespace engine
