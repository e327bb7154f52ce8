#include "model/tile_products.h"

#ifdef LWB_TARGETS
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <stdexcept>

namespace engine {

#ifdef LWB_TARGETS

namespace {

#define LWB_TILES __attribute__((target("amx-tile,amx-bf16")))

// What the unit reads as its configuration (Intel 64 and IA-32 Architectures Software Developer's Manual,
// LDTILECFG).
struct alignas(64) TileConfiguration {
    uint8_t palette = 1, start_row = 0, reserved[14] = {};
    uint16_t bytes_per_row[16] = {};
    uint8_t rows[16] = {};
};

// Linux hands out the registers on request only.
bool permitted() {
    constexpr long request_permission = 0x1023, tile_data = 18;
    return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

// c [16 Rows, 16 Columns] of the whole depth: sums in registers 0 to 3, operands in 4 to 7.
template <int Rows, int Columns>
LWB_TILES inline void tiles(RowsOf<const rows::bf16> a, RowsOf<const BfPair> b, RowsOf<float> c,
                            int64_t depth, bool accumulate) {
    const auto a_stride = static_cast<long>(a.stride * 2), b_stride = static_cast<long>(b.stride * 4),
               c_stride = static_cast<long>(c.stride * 4);
    float* const lower = c.data + tile_rows * c.stride;
    if (accumulate) {
        _tile_loadd(0, c.data, c_stride);
        if constexpr (Columns == 2) _tile_loadd(1, c.data + tile_rows, c_stride);
        if constexpr (Rows == 2) _tile_loadd(2, lower, c_stride);
        if constexpr (Rows == 2 && Columns == 2) _tile_loadd(3, lower + tile_rows, c_stride);
    } else {
        _tile_zero(0);
        if constexpr (Columns == 2) _tile_zero(1);
        if constexpr (Rows == 2) _tile_zero(2);
        if constexpr (Rows == 2 && Columns == 2) _tile_zero(3);
    }
    for (int64_t step = 0; step < depth; step += tile_depth) {
        const BfPair* const right = b.data + step / 2 * b.stride;
        _tile_loadd(4, a.data + step, a_stride);
        _tile_loadd(6, right, b_stride);
        _tile_dpbf16ps(0, 4, 6);
        if constexpr (Columns == 2) {
            _tile_loadd(7, right + tile_rows, b_stride);
            _tile_dpbf16ps(1, 4, 7);
        }
        if constexpr (Rows == 2) {
            _tile_loadd(5, a.data + step + tile_rows * a.stride, a_stride);
            _tile_dpbf16ps(2, 5, 6);
        }
        if constexpr (Rows == 2 && Columns == 2) _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, c.data, c_stride);
    if constexpr (Columns == 2) _tile_stored(1, c.data + tile_rows, c_stride);
    if constexpr (Rows == 2) _tile_stored(2, lower, c_stride);
    if constexpr (Rows == 2 && Columns == 2) _tile_stored(3, lower + tile_rows, c_stride);
}

template <int Columns>
LWB_TILES inline void columns_of(RowsOf<const rows::bf16> a, RowsOf<const BfPair> b, RowsOf<float> c,
                                 ProductSize size, bool accumulate) {
    int64_t row = 0;
    for (; row + 2 * tile_rows <= size.rows; row += 2 * tile_rows) {
        tiles<2, Columns>({a.data + row * a.stride, a.stride}, b, {c.data + row * c.stride, c.stride},
                          size.depth, accumulate);
    }
    if (row < size.rows) {
        tiles<1, Columns>({a.data + row * a.stride, a.stride}, b, {c.data + row * c.stride, c.stride},
                          size.depth, accumulate);
    }
}

// GCC's own _tile_loadconfig says that it reads only a pointer's worth of it, and the rest is left out.
template <class Configuration>
void arrange(const Configuration& configuration) {
    asm volatile("ldtilecfg %0" : : "m"(configuration));
}

}  // namespace

bool tile_unit() {
    static const bool usable = __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-bf16") &&
                               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512bf16") &&
                               permitted();
    return usable;
}

TileRegisters::TileRegisters() {
    TileConfiguration configuration;
    for (int i = 0; i < 8; ++i) {
        configuration.bytes_per_row[i] = 64;
        configuration.rows[i] = tile_rows;
    }
    asm volatile("sttilecfg %0" : "=m"(before_));
    arrange(configuration);
}

// Where they were not arranged at all, that is what it gives back.
TileRegisters::~TileRegisters() {
    arrange(before_);
}

LWB_TILES void tile_product(RowsOf<const rows::bf16> a, RowsOf<const BfPair> b, RowsOf<float> c,
                            ProductSize size, bool accumulate) {
    int64_t column = 0;
    for (; column + 2 * tile_rows <= size.columns; column += 2 * tile_rows)
        columns_of<2>(a, {b.data + column, b.stride}, {c.data + column, c.stride}, size, accumulate);
    if (column < size.columns)
        columns_of<1>(a, {b.data + column, b.stride}, {c.data + column, c.stride}, size, accumulate);
}

#else

bool tile_unit() {
    return false;
}

TileRegisters::TileRegisters() {
    throw std::logic_error("no tile unit was found");
}

TileRegisters::~TileRegisters() = default;

void tile_product(RowsOf<const rows::bf16>, RowsOf<const BfPair>, RowsOf<float>, ProductSize, bool) {}

#endif

}  // namespace engine
