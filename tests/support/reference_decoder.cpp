#include "support/reference_decoder.h"

#include <cmath>

namespace support {
namespace {

using Row = std::vector<double>;
using Rows = std::vector<Row>;
using Tensor = ReferenceModel::Tensor;

// y = x W^T + b for W [out, in]; y = x W + b for GPT-2's W [in, out].
Row linear(const Row& x, const Tensor& w, const Tensor* bias, bool conv1d) {
    const auto rows = static_cast<std::size_t>(w.shape[0]), columns = static_cast<std::size_t>(w.shape[1]);
    const std::size_t out = conv1d ? columns : rows, in = conv1d ? rows : columns;
    Row y(out);
    for (std::size_t o = 0; o < out; ++o) {
        double sum = bias ? bias->values[o] : 0;
        for (std::size_t i = 0; i < in; ++i) sum += x[i] * w.values[conv1d ? i * columns + o : o * columns + i];
        y[o] = sum;
    }
    return y;
}

Row rms_norm(const Row& x, const Tensor& weight, double eps) {
    double square = 0;
    for (const double v : x) square += v * v;
    const double scale = 1 / std::sqrt(square / static_cast<double>(x.size()) + eps);
    Row y(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) y[i] = x[i] * scale * weight.values[i];
    return y;
}

Row layer_norm(const Row& x, const Tensor& weight, const Tensor& bias, double eps) {
    double mean = 0, variance = 0;
    for (const double v : x) mean += v / static_cast<double>(x.size());
    for (const double v : x) variance += (v - mean) * (v - mean) / static_cast<double>(x.size());
    Row y(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        y[i] = (x[i] - mean) / std::sqrt(variance + eps) * weight.values[i] + bias.values[i];
    }
    return y;
}

void rotate(Row& heads, std::size_t head_dim, std::size_t position, double theta) {
    for (std::size_t begin = 0; begin < heads.size(); begin += head_dim) {
        for (std::size_t i = 0; i < head_dim / 2; ++i) {
            const double angle = static_cast<double>(position) *
                                 std::pow(theta, -2.0 * static_cast<double>(i) / static_cast<double>(head_dim));
            const double a = heads[begin + i], b = heads[begin + head_dim / 2 + i];
            heads[begin + i] = a * std::cos(angle) - b * std::sin(angle);
            heads[begin + head_dim / 2 + i] = b * std::cos(angle) + a * std::sin(angle);
        }
    }
}

Rows attend(const Rows& q, const Rows& k, const Rows& v, int heads, int kv_heads) {
    const std::size_t dim = q[0].size() / static_cast<std::size_t>(heads);
    Rows out(q.size(), Row(q[0].size(), 0));
    for (std::size_t t = 0; t < q.size(); ++t) {
        for (int h = 0; h < heads; ++h) {
            const std::size_t qb = static_cast<std::size_t>(h) * dim;
            const std::size_t kb = static_cast<std::size_t>(h / (heads / kv_heads)) * dim;
            Row weights(t + 1);
            double total = 0;
            for (std::size_t s = 0; s <= t; ++s) {
                double score = 0;
                for (std::size_t i = 0; i < dim; ++i) score += q[t][qb + i] * k[s][kb + i];
                weights[s] = std::exp(score / std::sqrt(static_cast<double>(dim)));
                total += weights[s];
            }
            for (std::size_t s = 0; s <= t; ++s) {
                for (std::size_t i = 0; i < dim; ++i) out[t][qb + i] += weights[s] / total * v[s][kb + i];
            }
        }
    }
    return out;
}

void add(Row& x, const Row& y) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += y[i];
}

Row slice(const Row& x, std::size_t part, std::size_t size) {
    return {x.begin() + static_cast<long>(part * size), x.begin() + static_cast<long>((part + 1) * size)};
}

Rows llama(const ReferenceModel& m, const std::vector<int>& ids) {
    const auto at = [&](const std::string& name) -> const Tensor& { return m.tensors.at(name); };
    const auto d = static_cast<std::size_t>(m.width), dim = d / static_cast<std::size_t>(m.heads);
    Rows x;
    for (const int id : ids) x.push_back(slice(at("model.embed_tokens.weight").values, static_cast<std::size_t>(id), d));
    for (int layer = 0; layer < m.layers; ++layer) {
        const std::string p = "model.layers." + std::to_string(layer) + ".";
        Rows q, k, v;
        for (std::size_t t = 0; t < x.size(); ++t) {
            const Row n = rms_norm(x[t], at(p + "input_layernorm.weight"), m.norm_eps);
            q.push_back(linear(n, at(p + "self_attn.q_proj.weight"), nullptr, false));
            k.push_back(linear(n, at(p + "self_attn.k_proj.weight"), nullptr, false));
            v.push_back(linear(n, at(p + "self_attn.v_proj.weight"), nullptr, false));
            rotate(q.back(), dim, t, m.rope_theta);
            rotate(k.back(), dim, t, m.rope_theta);
        }
        const Rows mixed = attend(q, k, v, m.heads, m.kv_heads);
        for (std::size_t t = 0; t < x.size(); ++t) {
            add(x[t], linear(mixed[t], at(p + "self_attn.o_proj.weight"), nullptr, false));
            const Row n = rms_norm(x[t], at(p + "post_attention_layernorm.weight"), m.norm_eps);
            Row gate = linear(n, at(p + "mlp.gate_proj.weight"), nullptr, false);
            const Row up = linear(n, at(p + "mlp.up_proj.weight"), nullptr, false);
            for (std::size_t i = 0; i < gate.size(); ++i) gate[i] = gate[i] / (1 + std::exp(-gate[i])) * up[i];
            add(x[t], linear(gate, at(p + "mlp.down_proj.weight"), nullptr, false));
        }
    }
    for (Row& row : x) row = rms_norm(row, at("model.norm.weight"), m.norm_eps);
    return x;
}

Rows gpt2(const ReferenceModel& m, const std::vector<int>& ids) {
    const auto at = [&](const std::string& name) -> const Tensor& { return m.tensors.at("transformer." + name); };
    const auto d = static_cast<std::size_t>(m.width);
    Rows x;
    for (std::size_t t = 0; t < ids.size(); ++t) {
        x.push_back(slice(at("wte.weight").values, static_cast<std::size_t>(ids[t]), d));
        add(x.back(), slice(at("wpe.weight").values, t, d));
    }
    for (int layer = 0; layer < m.layers; ++layer) {
        const std::string p = "h." + std::to_string(layer) + ".";
        Rows q, k, v;
        for (const Row& row : x) {
            const Row n = layer_norm(row, at(p + "ln_1.weight"), at(p + "ln_1.bias"), m.norm_eps);
            const Row qkv = linear(n, at(p + "attn.c_attn.weight"), &at(p + "attn.c_attn.bias"), true);
            q.push_back(slice(qkv, 0, d));
            k.push_back(slice(qkv, 1, d));
            v.push_back(slice(qkv, 2, d));
        }
        const Rows mixed = attend(q, k, v, m.heads, m.heads);
        for (std::size_t t = 0; t < x.size(); ++t) {
            add(x[t], linear(mixed[t], at(p + "attn.c_proj.weight"), &at(p + "attn.c_proj.bias"), true));
            const Row n = layer_norm(x[t], at(p + "ln_2.weight"), at(p + "ln_2.bias"), m.norm_eps);
            Row up = linear(n, at(p + "mlp.c_fc.weight"), &at(p + "mlp.c_fc.bias"), true);
            for (double& u : up) u = 0.5 * u * (1 + std::tanh(0.7978845608028654 * (u + 0.044715 * u * u * u)));
            add(x[t], linear(up, at(p + "mlp.c_proj.weight"), &at(p + "mlp.c_proj.bias"), true));
        }
    }
    for (Row& row : x) row = layer_norm(row, at("ln_f.weight"), at("ln_f.bias"), m.norm_eps);
    return x;
}

}  // namespace

std::vector<std::vector<double>> ReferenceModel::logits(const std::vector<int>& ids) const {
    const Rows hidden = gpt2 ? support::gpt2(*this, ids) : llama(*this, ids);
    const std::string embedding = gpt2 ? "transformer.wte.weight" : "model.embed_tokens.weight";
    const Tensor& head = tensors.at(tied ? embedding : "lm_head.weight");
    Rows out;
    for (const Row& row : hidden) out.push_back(linear(row, head, nullptr, false));
    return out;
}

}  // namespace support
