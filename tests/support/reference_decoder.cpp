#include "support/reference_decoder.h"

#include <algorithm>
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

Row angles_of(const ReferenceModel& m, std::size_t head_dim, std::size_t length) {
    if (m.angles) return m.angles(length);
    Row angles;
    for (std::size_t i = 0; i < head_dim / 2; ++i)
        angles.push_back(std::pow(m.rope_theta, -2.0 * static_cast<double>(i) / static_cast<double>(head_dim)));
    return angles;
}

// The first values of each head, two for each angle.
void rotate(Row& heads, std::size_t head_dim, std::size_t position, const Row& angles, double scale) {
    const std::size_t half = angles.size();
    for (std::size_t begin = 0; begin < heads.size(); begin += head_dim) {
        for (std::size_t i = 0; i < half; ++i) {
            const double angle = static_cast<double>(position) * angles[i];
            const double cos = scale * std::cos(angle), sin = scale * std::sin(angle);
            const double a = heads[begin + i], b = heads[begin + half + i];
            heads[begin + i] = a * cos - b * sin;
            heads[begin + half + i] = b * cos + a * sin;
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
    const Row angles = angles_of(m, dim, ids.size());
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
            rotate(q.back(), dim, t, angles, m.rope_scale);
            rotate(k.back(), dim, t, angles, m.rope_scale);
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

// Positions from row 2 of their table; norms in front of attention and MLP, or behind their sums.
Rows opt(const ReferenceModel& m, const std::vector<int>& ids) {
    const auto at = [&](const std::string& name) -> const Tensor& { return m.tensors.at("model.decoder." + name); };
    const auto dense = [&](const Row& row, const std::string& name) { return linear(row, at(name + ".weight"), &at(name + ".bias"), false); };
    const auto norm = [&](const Row& row, const std::string& name) { return layer_norm(row, at(name + ".weight"), at(name + ".bias"), m.norm_eps); };
    const bool projected = m.tensors.contains("model.decoder.project_in.weight");
    const auto narrow = static_cast<std::size_t>(at("embed_tokens.weight").shape[1]);
    Rows x;
    for (std::size_t t = 0; t < ids.size(); ++t) {
        x.push_back(slice(at("embed_tokens.weight").values, static_cast<std::size_t>(ids[t]), narrow));
        if (projected) x.back() = linear(x.back(), at("project_in.weight"), nullptr, false);
        add(x.back(), slice(at("embed_positions.weight").values, t + 2, static_cast<std::size_t>(m.width)));
    }
    for (int layer = 0; layer < m.layers; ++layer) {
        const std::string p = "layers." + std::to_string(layer) + ".", a = p + "self_attn_layer_norm", b = p + "final_layer_norm";
        Rows q, k, v;
        for (const Row& row : x) {
            const Row n = m.post_norm ? row : norm(row, a);
            q.push_back(dense(n, p + "self_attn.q_proj"));
            k.push_back(dense(n, p + "self_attn.k_proj"));
            v.push_back(dense(n, p + "self_attn.v_proj"));
        }
        const Rows mixed = attend(q, k, v, m.heads, m.heads);
        for (std::size_t t = 0; t < x.size(); ++t) {
            add(x[t], dense(mixed[t], p + "self_attn.out_proj"));
            if (m.post_norm) x[t] = norm(x[t], a);
            Row inner = dense(m.post_norm ? x[t] : norm(x[t], b), p + "fc1");
            for (double& value : inner) value = std::max(value, 0.0);
            add(x[t], dense(inner, p + "fc2"));
            if (m.post_norm) x[t] = norm(x[t], b);
        }
    }
    for (Row& row : x) {
        if (m.tensors.contains("model.decoder.final_layer_norm.weight")) row = norm(row, "final_layer_norm");
        if (projected) row = linear(row, at("project_out.weight"), nullptr, false);
    }
    return x;
}

// Attention and MLP side by side; each head of q and of k with a norm of its own where there is one.
Rows phi(const ReferenceModel& m, const std::vector<int>& ids) {
    const auto at = [&](const std::string& name) -> const Tensor& { return m.tensors.at("model." + name); };
    const auto dense = [&](const Row& row, const std::string& name) { return linear(row, at(name + ".weight"), &at(name + ".bias"), false); };
    const auto norm = [&](const Row& row, const std::string& name) { return layer_norm(row, at(name + ".weight"), at(name + ".bias"), m.norm_eps); };
    const auto d = static_cast<std::size_t>(m.width), dim = d / static_cast<std::size_t>(m.heads);
    const Row angles = angles_of(m, dim, ids.size());
    Rows x;
    for (const int id : ids) x.push_back(slice(at("embed_tokens.weight").values, static_cast<std::size_t>(id), d));
    for (int layer = 0; layer < m.layers; ++layer) {
        const std::string p = "layers." + std::to_string(layer) + ".";
        const auto turned = [&](const Row& n, std::size_t t, const std::string& kind) {
            Row heads = dense(n, p + "self_attn." + kind + "_proj");
            for (std::size_t head = 0; m.head_norms && head < heads.size() / dim; ++head) {
                const Row each = norm(slice(heads, head, dim), p + "self_attn." + kind + "_layernorm");
                std::copy(each.begin(), each.end(), heads.begin() + static_cast<long>(head * dim));
            }
            rotate(heads, dim, t, angles, m.rope_scale);
            return heads;
        };
        Rows q, k, v;
        for (std::size_t t = 0; t < x.size(); ++t) {
            const Row n = norm(x[t], p + "input_layernorm");
            q.push_back(turned(n, t, "q"));
            k.push_back(turned(n, t, "k"));
            v.push_back(dense(n, p + "self_attn.v_proj"));
        }
        const Rows mixed = attend(q, k, v, m.heads, m.kv_heads);
        for (std::size_t t = 0; t < x.size(); ++t) {
            Row inner = dense(norm(x[t], p + "input_layernorm"), p + "mlp.fc1");
            for (double& u : inner) u = 0.5 * u * (1 + std::tanh(0.7978845608028654 * (u + 0.044715 * u * u * u)));
            add(x[t], dense(inner, p + "mlp.fc2"));
            add(x[t], dense(mixed[t], p + "self_attn.dense"));
        }
    }
    for (Row& row : x) row = norm(row, "final_layernorm");
    return x;
}

}  // namespace

std::vector<std::vector<double>> ReferenceModel::logits(const std::vector<int>& ids) const {
    const Rows hidden = family == "gpt2"  ? gpt2(*this, ids)
                        : family == "opt" ? opt(*this, ids)
                        : family == "phi" ? phi(*this, ids)
                                          : llama(*this, ids);
    const std::string embedding = family == "gpt2"  ? "transformer.wte.weight"
                                  : family == "opt" ? "model.decoder.embed_tokens.weight"
                                                    : "model.embed_tokens.weight";
    const Tensor& head = tensors.at(tied ? embedding : "lm_head.weight");
    const auto bias = tensors.find("lm_head.bias");
    Rows out;
    for (const Row& row : hidden) out.push_back(linear(row, head, bias == tensors.end() ? nullptr : &bias->second, false));
    return out;
}

}  // namespace support
