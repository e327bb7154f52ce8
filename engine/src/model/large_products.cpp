#include "model/large_products.h"

#include <algorithm>
#include <dlfcn.h>
#include <optional>

namespace engine {
namespace {

// dnnl_sgemm of oneDNN's C interface, for rows of contiguous values; 0 is success.
using Sgemm = int (*)(char transa, char transb, int64_t m, int64_t n, int64_t k, float alpha, const float* a,
                      int64_t lda, const float* b, int64_t ldb, float beta, float* c, int64_t ldc);

// Looked up in what libtorch has loaded: no dependency of our own, and never a second copy of the library.
// With MKL libtorch's own product is as fast.
Sgemm onednn_sgemm() {
    static const auto function =
        at::hasMKL() ? nullptr : reinterpret_cast<Sgemm>(dlsym(RTLD_DEFAULT, "dnnl_sgemm"));
    return function;
}

struct Operand {
    char transposed;  // 'N': rows are contiguous, 'T': columns are
    int64_t stride;   // between them
};

std::optional<Operand> operand(const at::Tensor& x) {
    if (!x.is_cpu() || x.scalar_type() != at::kFloat || x.dim() != 2 || x.numel() == 0) return std::nullopt;
    if (x.stride(1) == 1 && x.stride(0) >= x.size(1)) return Operand{'N', x.stride(0)};
    if (x.stride(0) == 1 && x.stride(1) >= x.size(0)) return Operand{'T', x.stride(1)};
    return std::nullopt;
}

// y = beta y + a b; false where this is not for oneDNN.
bool multiply(const at::Tensor& a, const at::Tensor& b, float beta, at::Tensor& y) {
    const Sgemm sgemm = onednn_sgemm();
    if (sgemm == nullptr) return false;
    const auto left = operand(a), right = operand(b), result = operand(y);
    if (!left || !right || !result || result->transposed != 'N') return false;
    return sgemm(left->transposed, right->transposed, a.size(0), b.size(1), a.size(1), 1, a.data_ptr<float>(),
                 left->stride, b.data_ptr<float>(), right->stride, beta, y.data_ptr<float>(),
                 result->stride) == 0;
}

bool recorded(const at::Tensor& a, const at::Tensor& b) {
    return at::GradMode::is_enabled() && (a.requires_grad() || b.requires_grad());
}

bool has_code_by_shape(const at::Tensor& a) {
    return a.is_cpu() && a.scalar_type() == at::kBFloat16 && a.dim() == 2 && a.size(0) > whole_rows;
}

// x [m, n] with zeros behind it -> [rows, columns], stored as x is.
at::Tensor filled_up(const at::Tensor& x, int64_t rows, int64_t columns) {
    if (x.size(0) == rows && x.size(1) == columns) return x;
    const at::Tensor padded = x.stride(0) == 1 ? at::zeros({columns, rows}, x.options()).t() : at::zeros({rows, columns}, x.options());
    padded.narrow(0, 0, x.size(0)).narrow(1, 0, x.size(1)).copy_(x);
    return padded;
}

}  // namespace

int64_t in_whole_rows(int64_t rows) { return (rows + whole_rows - 1) / whole_rows * whole_rows; }

at::Tensor matrix_product(const at::Tensor& a, const at::Tensor& b) {
    if (has_code_by_shape(a) && !recorded(a, b)) {
        // Tokens are the rows of a, or, where a is transposed for the gradient of a weight, what is summed over.
        const bool transposed = a.stride(1) != 1;
        const int64_t rows = transposed ? a.size(0) : in_whole_rows(a.size(0));
        const int64_t inner = transposed ? in_whole_rows(a.size(1)) : a.size(1);
        return at::mm(filled_up(a, rows, inner), filled_up(b, inner, b.size(1))).narrow(0, 0, a.size(0));
    }
    if (!recorded(a, b) && operand(a) && operand(b)) {
        at::Tensor y = at::empty({a.size(0), b.size(1)}, a.options());
        if (multiply(a, b, 0, y)) return y;
    }
    return at::mm(a, b);
}

void matrix_product_into(at::Tensor& y, const at::Tensor& a, const at::Tensor& b) {
    if (recorded(a, b) || !multiply(a, b, 0, y)) at::mm_out(y, a, b);
}

void add_matrix_product(at::Tensor& y, const at::Tensor& a, const at::Tensor& b) {
    if (recorded(a, b) || !multiply(a, b, 1, y)) y.addmm_(a, b);
}

}  // namespace engine
