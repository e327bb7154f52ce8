#include "model/large_products.h"

#include "model/tile_matrices.h"

#include <algorithm>
#include <dlfcn.h>

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

bool holds_rows(const at::Tensor& x) {
    return x.stride(1) == 1 && x.stride(0) >= x.size(1);
}

bool for_tile_units(const at::Tensor& a, const at::Tensor& b) {
    const auto half = [](const at::Tensor& x) {
        return x.is_cpu() && x.scalar_type() == at::kBFloat16 && x.dim() == 2 && x.numel() > 0;
    };
    return half(a) && half(b) && holds_rows(a) && (holds_rows(b) || holds_rows(b.t())) && tile_unit();
}

template <class T>
RowsOf<T> rows_of(const at::Tensor& x) {
    return {reinterpret_cast<T*>(x.data_ptr()), x.stride(0)};
}

void multiply_in_tiles(const at::Tensor& a, const at::Tensor& b, const ProductTarget& target) {
    const bool transposed = !holds_rows(b);
    tile_matrix_product(rows_of<const rows::bf16>(a),
                        {reinterpret_cast<const rows::bf16*>(b.data_ptr()), b.stride(transposed ? 1 : 0), transposed}, target,
                        {a.size(0), a.size(1), b.size(1)});
}

constexpr int64_t whole_rows = 32;

int64_t in_whole_rows(int64_t rows) {
    return padded_to(rows, whole_rows);
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

int64_t rows_to_multiply(int64_t rows, at::ScalarType type) {
    return type != at::kBFloat16 || tile_unit() ? rows : in_whole_rows(rows);
}

at::Tensor matrix_product(const at::Tensor& a, const at::Tensor& b) {
    if (!recorded(a, b) && for_tile_units(a, b)) {
        at::Tensor y = at::empty({a.size(0), b.size(1)}, a.options());
        matrix_product_into(y, a, b);
        return y;
    }
    return library_product(a, b);
}

at::Tensor library_product(const at::Tensor& a, const at::Tensor& b) {
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
    if (!recorded(a, b) && for_tile_units(a, b) && y.scalar_type() == at::kBFloat16 && holds_rows(y)) {
        ProductTarget target;
        target.half = rows_of<rows::bf16>(y);
        multiply_in_tiles(a, b, target);
    } else if (recorded(a, b) || !multiply(a, b, 0, y)) {
        at::mm_out(y, a, b);
    }
}

void add_matrix_product(at::Tensor& y, const at::Tensor& a, const at::Tensor& b) {
    if (!recorded(a, b) && for_tile_units(a, b) && y.scalar_type() == at::kFloat && holds_rows(y)) {
        ProductTarget target;
        target.full = rows_of<float>(y);
        target.residual = rows_of<const float>(y);
        multiply_in_tiles(a, b, target);
    } else if (y.scalar_type() != a.scalar_type()) {
        y.add_(matrix_product(a, b));
    } else if (recorded(a, b) || !multiply(a, b, 1, y)) {
        y.addmm_(a, b);
    }
}

std::optional<at::Tensor> affine_product(const at::Tensor& a, const at::Tensor& b, const at::Tensor& bias, const at::Tensor& residual,
                                         at::ScalarType type) {
    if (!for_tile_units(a, b) || (type != at::kFloat && (type != at::kBFloat16 || residual.defined()))) return std::nullopt;
    const at::Tensor y = at::empty({a.size(0), b.size(1)}, a.options().dtype(type));
    const at::Tensor other = residual.defined() ? residual.contiguous() : at::Tensor(),
                     added = bias.defined() ? bias.contiguous() : at::Tensor();
    ProductTarget target;
    if (type == at::kFloat) {
        target.full = rows_of<float>(y);
    } else {
        target.half = rows_of<rows::bf16>(y);
    }
    if (added.defined()) target.bias = added.data_ptr<float>();
    if (other.defined()) target.residual = rows_of<const float>(other);
    multiply_in_tiles(a, b, target);
    return y;
}

}  // namespace engine
