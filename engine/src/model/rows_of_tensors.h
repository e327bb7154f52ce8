// Hands the rows of tensors to the loops of row_kernels.h, spread over the cores.
#pragma once

#include "model/row_kernels.h"
#include "runtime/torch.h"

#include <ATen/Parallel.h>

#include <algorithm>

#ifndef INTRA_OP_PARALLEL
#error "Compiled without OpenMP: at::parallel_for would run on one core."
#endif

namespace engine {

// The row kernels serve f32 and bf16 on the CPU; elsewhere the same formulas in ATen's operations.
inline bool in_rows(const at::Tensor& x) {
    return x.is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
}

// use(pointer to the values): float* or rows::bf16*, as the tensor holds them.
template <class Use>
void with_rows(const at::Tensor& tensor, const Use& use) {
    if (tensor.scalar_type() == at::kFloat) {
        use(tensor.data_ptr<float>());
    } else {
        use(reinterpret_cast<rows::bf16*>(tensor.data_ptr<at::BFloat16>()));
    }
}

// The values of a tensor known to have the type that T names.
template <class T>
T* rows_as(const at::Tensor& tensor, T* /*like*/) {
    return reinterpret_cast<T*>(tensor.data_ptr());
}

// body(begin, end) over rows of width values, with enough work for a core to be worth waking.
template <class Body>
void for_rows(int64_t rows, int64_t width, const Body& body) {
    constexpr int64_t values_per_task = 16384;
    at::parallel_for(0, rows, std::max<int64_t>(1, values_per_task / std::max<int64_t>(1, width)), body);
}

}  // namespace engine
