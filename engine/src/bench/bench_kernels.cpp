#include "bench/measure.h"
#include "engine/runtime.h"
#include "lora/new_adapters.h"
#include "model/few_rows.h"
#include "model/fused_ops.h"
#include "model/slot_outputs.h"
#include "runtime/device.h"
#include "runtime/guard.h"

namespace engine {
namespace {

// One operation in two ways. flops and bytes: of one pass, counted from its formula; 0 where the other of them is the limit.
struct Kernel {
    std::string name;
    std::function<at::Tensor()> ours, aten;
    std::vector<at::Tensor> inputs;  // that a gradient flows to when it trains
    double forward_flops = 0, training_flops = 0;
    double forward_bytes = 0, training_bytes = 0;
};

at::Tensor values(at::IntArrayRef shape) { return at::randn(shape) * 0.1; }

at::Tensor plain_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale) {
    const int64_t group = q.size(1) / k.size(1), tokens = q.size(2);
    const at::Tensor keys = group == 1 ? k : k.repeat_interleave(group, 1), values = group == 1 ? v : v.repeat_interleave(group, 1);
    const at::Tensor future = at::ones({tokens, tokens}, at::kBool).triu_(1);
    const at::Tensor scores = (at::matmul(q, keys.transpose(2, 3)) * scale).masked_fill(future, -1e30);
    return at::matmul(at::softmax(scores, -1), values).transpose(1, 2).flatten(2);
}

class KernelBench {
  public:
    KernelBench(const Architecture& architecture, const KernelBenchRequest& request)
        : a_(architecture), request_(request), rows_(request.batch_size * request.seq_len) {}

    std::vector<Kernel> kernels() const {
        std::vector<Kernel> all;
        all.push_back(norm());
        all.push_back(projections());
        all.push_back(activation());
        if (a_.positions == PositionKind::rotary) all.push_back(rotation());
        all.push_back(attention());
        all.push_back(head_and_loss());
        for (const bool half : {false, true}) all.push_back(one_row(half));
        return all;
    }

  private:
    NormRule rule() const { return {a_.norm, a_.norm_eps, a_.norm_offset}; }
    NormWeights norm_weights() const {
        NormWeights weights;
        weights.weight = at::ones({a_.hidden_size});
        if (a_.norm == NormKind::layer_norm) weights.bias = values({a_.hidden_size});
        return weights;
    }
    static at::Tensor plain_norm(const at::Tensor& x, const NormWeights& weights, const NormRule& rule) {
        const at::Tensor weight = weights.weight + rule.offset;
        if (rule.kind == NormKind::layer_norm) return at::layer_norm(x, {x.size(-1)}, weight, weights.bias, rule.eps);
        return x * (x.square().mean(-1, true) + rule.eps).rsqrt() * weight;
    }

    Kernel norm() const {
        const at::Tensor x = values({rows_, a_.hidden_size});
        const double bytes = static_cast<double>(x.nbytes());
        return {"norm", [=, weights = norm_weights(), rule = rule()] { return normalize(x, weights, rule); },
                [=, weights = norm_weights(), rule = rule()] { return plain_norm(x, weights, rule); }, {x}, 0, 0, 2 * bytes, 5 * bytes};
    }

    // Norm and what attention reads, with a low-rank pair of rank 4 on q and v.
    Kernel projections() const {
        LoraConfig config;
        config.rank = 4;
        config.alpha = 32;
        config.targets = parse_targets("q,v", "0");
        const auto adapters = std::make_shared<const AdapterSet>(new_adapters(a_, config, 1, c10::kCPU));
        std::vector<LinearWeights> weights;
        double flops = 0;
        for (const Projection& projection : a_.attention_in) {
            const at::Tensor weight = projection.conv1d ? values({projection.in_features, projection.out_features}).t()
                                                        : values({projection.out_features, projection.in_features});
            weights.push_back({weight, projection.has_bias ? values({projection.out_features}) : at::Tensor()});
            flops += 2 * static_cast<double>(rows_) * static_cast<double>(weight.numel());
        }
        const at::Tensor x = values({1, rows_, a_.hidden_size});
        const auto ours = [=, this, rule = rule(), norm = norm_weights()] {
            const SlotOutputs slots(a_.attention_in, weights, 0, 0, {x, &norm, rule}, {adapters.get()});
            return at::cat({slots["q"], slots["k"], slots["v"]}, -1);
        };
        const auto aten = [=, this, rule = rule(), norm = norm_weights()] {
            const at::Tensor normed = plain_norm(x, norm, rule);
            std::vector<at::Tensor> parts;
            for (std::size_t i = 0; i < weights.size(); ++i) {
                const at::Tensor y = at::linear(normed, weights[i].weight, weights[i].bias);
                const ProjectionInput input{normed, weights[i].weight, weights[i].bias, at::kFloat};
                const int index = static_cast<int>(i);
                if (!a_.attention_in[i].fused()) {
                    parts.push_back(adapters->add_to_projection(0, index, input, y));
                    continue;
                }
                for (const Slot& slot : a_.attention_in[i].slots) {
                    const at::Tensor part = slot.blocks == 1 ? y.narrow(-1, slot.row_begin, slot.rows)
                                                             : y.unflatten(-1, {slot.blocks, slot.stride})
                                                                   .narrow(-1, slot.row_begin, slot.rows / slot.blocks)
                                                                   .flatten(-2);
                    parts.push_back(adapters->add_to_slot(0, index, slot, input, part));
                }
            }
            return at::cat(parts, -1);
        };
        return {"norm and projections", ours, aten, {x}, flops, 2 * flops, 0, 0};
    }

    Kernel activation() const {
        const at::Tensor x = values({rows_, a_.intermediate_size}), up = values({rows_, a_.intermediate_size});
        const double bytes = static_cast<double>(x.nbytes());
        if (a_.gated_mlp) {
            return {"silu and product", [=] { return fused_swiglu(x, up); }, [=] { return at::silu(x) * up; }, {x, up}, 0, 0, 3 * bytes,
                    8 * bytes};
        }
        return {"gelu", [=] { return fused_gelu_tanh(x); }, [=] { return at::gelu(x, "tanh"); }, {x}, 0, 0, 2 * bytes, 5 * bytes};
    }

    Kernel rotation() const {
        const RotaryTable table = rotary_table(a_.rope, at::arange(request_.seq_len), c10::kCPU);
        const int64_t width = table.cos.size(-1);
        const at::Tensor x = values({request_.batch_size, request_.seq_len, a_.heads, width}), heads = x.transpose(1, 2);
        const double bytes = static_cast<double>(x.nbytes());
        return {"rotation", [=] { return fused_rotate(heads, table); },
                [=] {
                    const auto halves = heads.chunk(2, -1);
                    return heads * table.cos + at::cat({-halves[1], halves[0]}, -1) * table.sin;
                },
                {x}, 0, 0, 2 * bytes, 4 * bytes};
    }

    Kernel attention() const {
        const auto heads = [&](int64_t count) { return values({request_.batch_size, request_.seq_len, count, a_.head_dim}); };
        const at::Tensor q = heads(a_.heads), k = heads(a_.kv_heads), v = heads(a_.kv_heads);
        const double scale = a_.attention_scale(0);
        // Two products of T x T over the width of all heads, half of each causal; the backward pass twice that.
        const double flops = 2 * static_cast<double>(rows_ * request_.seq_len) * static_cast<double>(a_.heads * a_.head_dim);
        return {"attention",
                [=] { return fused_causal_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), scale); },
                [=] { return plain_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), scale); },
                {q, k, v}, flops, 3 * flops, 0, 0};
    }

    Kernel head_and_loss() const {
        const at::Tensor hidden = values({rows_, a_.hidden_size}), head = values({a_.vocab_size, a_.hidden_size});
        const at::Tensor targets = at::randint(a_.vocab_size, {rows_}, at::kLong);
        const double flops = 2 * static_cast<double>(rows_) * static_cast<double>(head.numel());
        return {"head and loss", [=] { return chunked_cross_entropy(hidden, head, targets); },
                [=] { return at::cross_entropy_loss(at::linear(hidden, head), targets, {}, at::Reduction::Sum); }, {hidden}, flops,
                2 * flops, 0, 0};
    }

    // The largest matrix of a layer, as one new token reads it.
    Kernel one_row(bool half) const {
        const Projection* largest = a_.projections().front();
        for (const Projection* projection : a_.projections()) {
            if (projection->in_features * projection->out_features > largest->in_features * largest->out_features) largest = projection;
        }
        const at::ScalarType type = half ? at::kBFloat16 : at::kFloat;
        at::Tensor weight = values({largest->out_features, largest->in_features}).to(type);
        if (largest->conv1d) weight = weight.t().contiguous().t();
        const at::Tensor x = values({1, largest->in_features});
        return {half ? "one row, bf16" : "one row, f32", [=] { return project_few_rows(x, weight, {}); },
                [=] { return at::linear(x.to(type), weight); }, {}, 0, 0, static_cast<double>(weight.nbytes()), 0};
    }

    const Architecture& a_;
    const KernelBenchRequest& request_;
    int64_t rows_;
};

void check(const KernelBenchRequest& request, const Architecture& architecture) {
    if (request.batch_size < 1 || request.seq_len < 2 || request.repeats < 1) {
        fail_input("A benchmark of kernels needs batch size >= 1, length >= 2 and repeats >= 1.");
    }
    if (architecture.positions == PositionKind::learned && request.seq_len > architecture.max_positions) {
        fail_input("The shape has " + std::to_string(architecture.max_positions) + " positions; choose a shorter length.");
    }
}

KernelRow measure(const Kernel& kernel, bool training, int64_t repeats, double gemm_gflops, double memory_gb_per_second) {
    const at::AutoGradMode gradients(training);
    const auto run = [&](const std::function<at::Tensor()>& operation) {
        return [&operation, &kernel, training] {
            const at::Tensor result = operation();
            if (!training) return;
            result.backward(at::ones_like(result));
            for (const at::Tensor& input : kernel.inputs) input.mutable_grad() = at::Tensor();
        };
    };
    for (at::Tensor input : kernel.inputs) input.set_requires_grad(training);
    const auto times = time_in_turn(c10::kCPU, repeats, {run(kernel.ours), run(kernel.aten)});
    for (at::Tensor input : kernel.inputs) input.set_requires_grad(false);
    KernelRow row;
    row.name = kernel.name;
    row.training = training;
    row.ours = timing_of(times[0]);
    row.aten = timing_of(times[1]);
    row.speedup = row.aten.median_ms / row.ours.median_ms;
    row.gflops = (training ? kernel.training_flops : kernel.forward_flops) / row.ours.median_ms / 1e6;
    row.fraction_of_gemm = row.gflops / gemm_gflops;
    row.gb_per_second = (training ? kernel.training_bytes : kernel.forward_bytes) / row.ours.median_ms / 1e6;
    row.fraction_of_memory = row.gb_per_second / memory_gb_per_second;
    return row;
}

}  // namespace

Result<KernelBenchResult> bench_kernels(const KernelBenchRequest& request) {
    return guard([&] {
        prepare_compute_thread();
        const Architecture architecture = architecture_for(request.shape);
        check(request, architecture);
        KernelBenchResult result;
        result.gemm_gflops = gemm_rate(architecture, request.batch_size * request.seq_len, Precision::f32, c10::kCPU, Products::of_libraries);
        result.memory_gb_per_second = read_bandwidth();
        const KernelBench bench(architecture, request);  // the kernels point into it
        for (const Kernel& kernel : bench.kernels()) {
            for (const bool training : {false, true}) {
                if (training && kernel.inputs.empty()) continue;
                result.rows.push_back(
                    measure(kernel, training, request.repeats, result.gemm_gflops, result.memory_gb_per_second));
            }
        }
        return result;
    });
}

}  // namespace engine
