// Products of bf16 matrices in the cache of one core by its tile unit (Intel AMX): f32 sums, sixteen times
// the rate of f32 vectors. No tensors, no threads. Only where tile_unit() says so.
#pragma once

#include "model/row_math.h"
#include "model/small_products.h"

namespace engine {

// A tile of operands: this many rows of it, and this many steps of the depth.
constexpr int64_t tile_rows = 16, tile_depth = 32;

inline int64_t padded_to(int64_t count, int64_t multiple) {
    return (count + multiple - 1) / multiple * multiple;
}

// Whether processor and system let this process use it; asked once.
bool tile_unit();

// This thread's tile registers, arranged for tile_product while the object lives. Afterwards they are
// arranged as before: oneDNN remembers how it left them and arranges them anew only for another product.
class TileRegisters {
  public:
    TileRegisters();
    ~TileRegisters();
    TileRegisters(const TileRegisters&) = delete;
    TileRegisters& operator=(const TileRegisters&) = delete;

  private:
    struct alignas(64) Arrangement {
        unsigned char bytes[64];
    };
    Arrangement before_;
};

// Two bf16 values of neighbouring steps of the depth, the earlier one in the lower half: how the unit reads a
// right operand [depth / 2, columns].
using BfPair = uint32_t;

// c [rows, columns] = (accumulate ? c : 0) + a [rows, depth] . b. Rows and columns are multiples of
// tile_rows, the depth one of tile_depth.
void tile_product(RowsOf<const rows::bf16> a, RowsOf<const BfPair> b, RowsOf<float> c, ProductSize size,
                  bool accumulate);

}  // namespace engine
