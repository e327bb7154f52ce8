#include "model/quantized.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "model/few_rows.h"

#include <sys/mman.h>
#include <unistd.h>

namespace engine {
namespace {

constexpr int64_t nf4_block = 64, maxima_block = 256;

// The quantiles of the paper (appendix E): the largest is 1, one is 0.
constexpr std::array<float, 16> levels = {-1.0F,         -0.6961928F,  -0.52507305F, -0.39491749F, -0.28444138F, -0.18477343F,
                                          -0.091050036F, 0.0F,         0.0795803F,   0.1609302F,   0.2461123F,   0.33791524F,
                                          0.44070983F,   0.562617F,    0.72295684F,  1.0F};

uint8_t nearest_level(float value) {
    const auto above = std::lower_bound(levels.begin(), levels.end(), value);
    if (above == levels.begin()) return 0;
    if (above == levels.end()) return 15;
    const auto index = static_cast<uint8_t>(above - levels.begin());
    return value - levels[index - 1] < levels[index] - value ? static_cast<uint8_t>(index - 1) : index;
}

int8_t rounded(float value) { return static_cast<int8_t>(std::lround(std::clamp(value, -127.F, 127.F))); }

float largest_magnitude(const float* values, int64_t count) {
    float largest = 0;
    for (int64_t i = 0; i < count; ++i) largest = std::max(largest, std::abs(values[i]));
    return largest;
}

void store(float* target, float value) { *target = value; }
void store(at::BFloat16* target, float value) { *target = value; }

int64_t tasks_of(int64_t count) { return std::max<int64_t>(1, 32768 / std::max<int64_t>(1, count)); }

class QuantizedLinear : public torch::autograd::Function<QuantizedLinear> {
  public:
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x,
                              const std::shared_ptr<const QuantizedMatrix>& weight, at::ScalarType type) {
        context->saved_data["weight"] = c10::IValue::make_capsule(c10::make_intrusive<Kept>(weight));
        context->saved_data["type"] = static_cast<int64_t>(type);
        return at::linear(x.to(type), weight->values(type)).to(at::kFloat);
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list grads) {
        const auto type = static_cast<at::ScalarType>(context->saved_data["type"].toInt());
        const auto kept = c10::static_intrusive_pointer_cast<Kept>(context->saved_data["weight"].toCapsule());
        return {at::matmul(grads[0].to(type), kept->weight->values(type)).to(at::kFloat), at::Tensor(), at::Tensor()};
    }

  private:
    struct Kept : torch::CustomClassHolder {
        explicit Kept(std::shared_ptr<const QuantizedMatrix> matrix) : weight(std::move(matrix)) {}
        std::shared_ptr<const QuantizedMatrix> weight;
    };
};

}  // namespace

QuantizedMatrix::QuantizedMatrix(const at::Tensor& weight, BaseType type)
    : type_(type), out_(weight.size(0)), in_(weight.size(1)) {
    const at::Tensor source = weight.detach().to(at::kCPU, at::kFloat).contiguous();
    const float* const from = source.data_ptr<float>();
    const int64_t count = source.numel();
    if (type == BaseType::int8) {
        codes_ = at::empty({out_, in_}, at::kChar);
        scales_ = at::empty({out_}, at::kFloat);
        int8_t* const codes = codes_.data_ptr<int8_t>();
        float* const scales = scales_.data_ptr<float>();
        at::parallel_for(0, out_, tasks_of(in_), [&](int64_t begin, int64_t end) {
            for (int64_t row = begin; row < end; ++row) {
                const float largest = largest_magnitude(from + row * in_, in_);
                scales[row] = largest / 127;
                const float inverse = largest > 0 ? 127 / largest : 0;
                for (int64_t i = row * in_; i < (row + 1) * in_; ++i) codes[i] = rounded(from[i] * inverse);
            }
        });
        codes_ = codes_.to(weight.device());
        scales_ = scales_.to(weight.device());
        return;
    }
    const int64_t blocks = (count + nf4_block - 1) / nf4_block, groups = (blocks + maxima_block - 1) / maxima_block;
    codes_ = at::zeros({(count + 1) / 2}, at::kByte);
    maxima_ = at::empty({blocks}, at::kChar);
    maxima_scales_ = at::empty({groups}, at::kFloat);
    std::vector<float> maxima(static_cast<std::size_t>(blocks));
    const auto length = [&](int64_t block) { return std::min(nf4_block, count - block * nf4_block); };
    at::parallel_for(0, blocks, tasks_of(nf4_block), [&](int64_t begin, int64_t end) {
        for (int64_t b = begin; b < end; ++b) maxima[static_cast<std::size_t>(b)] = largest_magnitude(from + b * nf4_block, length(b));
    });
    double sum = 0;
    for (const float largest : maxima) sum += largest;
    maxima_mean_ = static_cast<float>(sum / static_cast<double>(blocks));
    int8_t* const coded = maxima_.data_ptr<int8_t>();
    float* const scales = maxima_scales_.data_ptr<float>();
    for (int64_t group = 0; group < groups; ++group) {
        const int64_t begin = group * maxima_block, end = std::min(blocks, begin + maxima_block);
        float widest = 0;
        for (int64_t b = begin; b < end; ++b) widest = std::max(widest, std::abs(maxima[static_cast<std::size_t>(b)] - maxima_mean_));
        scales[group] = widest / 127;
        for (int64_t b = begin; b < end; ++b) {
            float& largest = maxima[static_cast<std::size_t>(b)];
            coded[b] = widest > 0 ? rounded((largest - maxima_mean_) * 127 / widest) : int8_t{0};
            // What reading gives back: the codes of the block are chosen for it.
            largest = maxima_mean_ + scales[group] * static_cast<float>(coded[b]);
        }
    }
    uint8_t* const codes = codes_.data_ptr<uint8_t>();
    at::parallel_for(0, blocks, tasks_of(nf4_block), [&](int64_t begin, int64_t end) {
        for (int64_t b = begin; b < end; ++b) {
            const float largest = maxima[static_cast<std::size_t>(b)], inverse = largest > 0 ? 1 / largest : 0;
            for (int64_t i = b * nf4_block; i < b * nf4_block + length(b); ++i) {
                const auto code = static_cast<unsigned>(nearest_level(from[i] * inverse));
                codes[i / 2] = static_cast<uint8_t>(codes[i / 2] | (i % 2 == 0 ? code : code << 4U));
            }
        }
    });
    for (at::Tensor* part : {&codes_, &maxima_, &maxima_scales_}) *part = part->to(weight.device());
}

int64_t QuantizedMatrix::bytes() const {
    int64_t sum = 0;
    for (const at::Tensor* part : {&codes_, &scales_, &maxima_, &maxima_scales_}) {
        if (part->defined()) sum += static_cast<int64_t>(part->nbytes());
    }
    return sum;
}

void QuantizedMatrix::write_by_operations(const at::Tensor& target) const {
    const at::NoGradGuard no_grad;
    if (type_ == BaseType::int8) {
        at::Tensor values = target;
        at::mul_out(values, codes_, scales_.unsqueeze(1));
        return;
    }
    const int64_t count = out_ * in_, blocks = maxima_.numel(), groups = maxima_scales_.numel();
    const auto f32 = maxima_scales_.options();
    const at::Tensor table = at::tensor(at::ArrayRef<float>(levels), at::kFloat).to(f32.device());
    // Two levels of each byte, the lower four bits first: [256, 2].
    const at::Tensor pairs = at::stack({table.repeat(16), table.repeat_interleave(16)}, 1);
    const at::Tensor scales = maxima_scales_.unsqueeze(1).expand({groups, maxima_block}).reshape(-1).narrow(0, 0, blocks);
    const at::Tensor largest = maxima_.to(at::kFloat).mul_(scales).add_(maxima_mean_);
    const at::Tensor flat = target.view(-1);
    constexpr int64_t blocks_at_once = int64_t{1} << 17;  // 8 million values: f32 copies of 32 MB, whatever the matrix
    for (int64_t first = 0; first < blocks; first += blocks_at_once) {
        const int64_t here = std::min(blocks_at_once, blocks - first), begin = first * nf4_block;
        const int64_t end = std::min(count, begin + here * nf4_block), bytes = (end - begin + 1) / 2;
        at::Tensor values = pairs.index_select(0, codes_.narrow(0, begin / 2, bytes).to(at::kInt)).view(-1);
        values = at::constant_pad_nd(values, {0, here * nf4_block - values.numel()}).view({here, nf4_block});
        values.mul_(largest.narrow(0, first, here).unsqueeze(1));
        flat.narrow(0, begin, end - begin).copy_(values.view(-1).narrow(0, 0, end - begin));
    }
}

void QuantizedMatrix::write(const at::Tensor& target) const {
    if (!codes_.is_cpu()) return write_by_operations(target);
    const auto write_as = [&](auto* to) {
        if (type_ == BaseType::int8) {
            const int8_t* const codes = codes_.data_ptr<int8_t>();
            const float* const scales = scales_.data_ptr<float>();
            at::parallel_for(0, out_, tasks_of(in_), [&](int64_t begin, int64_t end) {
                for (int64_t row = begin; row < end; ++row) {
                    const float scale = scales[row];
                    for (int64_t i = row * in_; i < (row + 1) * in_; ++i) store(to + i, scale * static_cast<float>(codes[i]));
                }
            });
            return;
        }
        const uint8_t* const codes = codes_.data_ptr<uint8_t>();
        const int8_t* const maxima = maxima_.data_ptr<int8_t>();
        const float* const scales = maxima_scales_.data_ptr<float>();
        const int64_t count = out_ * in_, blocks = maxima_.numel();
        at::parallel_for(0, blocks, tasks_of(nf4_block), [&](int64_t begin, int64_t end) {
            for (int64_t b = begin; b < end; ++b) {
                const float largest = maxima_mean_ + scales[b / maxima_block] * static_cast<float>(maxima[b]);
                std::array<float, 16> scaled;
                for (std::size_t code = 0; code < scaled.size(); ++code) scaled[code] = levels[code] * largest;
                const int64_t first = b * nf4_block, last = std::min(count, first + nf4_block);
                int64_t i = first;
                for (; i + 1 < last; i += 2) {
                    const unsigned pair = codes[i / 2];
                    store(to + i, scaled[pair & 15U]);
                    store(to + i + 1, scaled[pair >> 4U]);
                }
                if (i < last) store(to + i, scaled[codes[i / 2] & 15U]);
            }
        });
    };
    if (target.scalar_type() == at::kBFloat16) {
        write_as(target.data_ptr<at::BFloat16>());
    } else {
        write_as(target.data_ptr<float>());
    }
}

at::Tensor QuantizedMatrix::values(at::ScalarType type) const {
    thread_local at::Tensor buffer;
    const auto size = static_cast<int64_t>(c10::elementSize(type)) * out_ * in_;
    if (!buffer.defined() || buffer.numel() < size || buffer.device() != codes_.device()) {
        buffer = at::Tensor();  // before the larger one is taken
        buffer = at::empty({size}, codes_.options().dtype(at::kByte));
    }
    const at::Tensor target = buffer.narrow(0, 0, size).view(type).view({out_, in_});
    write(target);
    return target;
}

at::Tensor QuantizedMatrix::copy(at::ScalarType type) const {
    const at::Tensor target = empty(type);
    write(target);
    return target;
}

at::Tensor QuantizedMatrix::copy_by_operations(at::ScalarType type) const {
    const at::Tensor target = empty(type);
    write_by_operations(target);
    return target;
}

at::Tensor QuantizedMatrix::empty(at::ScalarType type) const {
    return at::empty({out_, in_}, codes_.options().dtype(type));
}

at::Tensor quantized_linear(const at::Tensor& x, const std::shared_ptr<const QuantizedMatrix>& weight, const at::Tensor& bias,
                            at::ScalarType compute_type) {
    const at::Tensor y = is_few_rows(x) ? project_few_rows(x, weight->values(compute_type), {})
                                        : QuantizedLinear::apply(x, weight, compute_type);
    return bias.defined() ? y + bias : y;
}

namespace {

// The whole pages of a tensor that nobody reads any more: those of a mapped file leave memory at once, of others nothing is lost.
void give_pages_back([[maybe_unused]] const at::Tensor& tensor) {
#ifdef MADV_PAGEOUT
    if (!tensor.is_cpu()) return;
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    const auto begin = reinterpret_cast<std::uintptr_t>(tensor.data_ptr()), end = begin + tensor.nbytes();
    const std::uintptr_t first = (begin + page - 1) / page * page, last = end / page * page;
    if (last > first) madvise(reinterpret_cast<void*>(first), last - first, MADV_PAGEOUT);
#endif
}

}  // namespace

std::function<void(LayerWeights&)> layer_quantizer(BaseType type) {
    const auto quantize = [type](LinearWeights& weights) {
        weights.quantized = std::make_shared<const QuantizedMatrix>(weights.weight, type);
        give_pages_back(weights.weight);
        weights.weight = at::Tensor();
    };
    return [quantize](LayerWeights& layer) {
        for (LinearWeights& weights : layer.attention_in) quantize(weights);
        quantize(layer.attention_out);
        for (LinearWeights& weights : layer.mlp_in) quantize(weights);
        quantize(layer.mlp_out);
    };
}

void quantize_layers(Decoder& decoder, BaseType type) {
    const auto quantize = layer_quantizer(type);
    for (LayerWeights& layer : decoder.weights().layers) quantize(layer);
}

}  // namespace engine
