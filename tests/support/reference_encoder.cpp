#include "support/reference_encoder.h"

#include <algorithm>
#include <cmath>

namespace support {
namespace {

using Row = ReferenceEncoder::Row;
using Rows = ReferenceEncoder::Rows;

Row row_at(const ReferenceEncoder::Tensor& table, int row) {
    const auto width = static_cast<long>(table.shape[1]);
    return {table.values.begin() + row * width, table.values.begin() + (row + 1) * width};
}

Row sum(Row x, const Row& y) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += y[i];
    return x;
}

double dot(const Row& x, const Row& y, std::size_t begin, std::size_t count, std::size_t y_begin) {
    double total = 0;
    for (std::size_t i = 0; i < count; ++i) total += x[begin + i] * y[y_begin + i];
    return total;
}

}  // namespace

double gelu(double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }

Row ReferenceEncoder::linear(const Row& x, const std::string& module) const {
    const Tensor &w = at(module + ".weight"), &bias = at(module + ".bias");
    Row y(bias.values);
    for (std::size_t o = 0; o < y.size(); ++o) y[o] += dot(x, w.values, 0, x.size(), o * x.size());
    return y;
}

Row ReferenceEncoder::norm(const Row& x, const std::string& module) const {
    const Tensor &weight = at(module + ".weight"), &bias = at(module + ".bias");
    double mean = 0, variance = 0;
    for (const double v : x) mean += v / static_cast<double>(x.size());
    for (const double v : x) variance += (v - mean) * (v - mean) / static_cast<double>(x.size());
    Row y(x.size());
    for (std::size_t i = 0; i < x.size(); ++i)
        y[i] = (x[i] - mean) / std::sqrt(variance + norm_eps) * weight.values[i] + bias.values[i];
    return y;
}

// Near distances have a row each; beyond half the span they share rows, the more the farther, up to max_distance.
int ReferenceEncoder::row_of(int distance) const {
    const int middle = span / 2, far = std::abs(distance);
    if (!buckets || far <= middle) return distance;
    const double steps = std::log(static_cast<double>(far) / middle) /
                         std::log(static_cast<double>(max_distance - 1) / middle) * (middle - 1);
    return (middle + static_cast<int>(std::ceil(steps))) * (distance < 0 ? -1 : 1);
}

Rows ReferenceEncoder::attention(const Rows& x, const Rows& positions, const std::string& layer) const {
    const std::string self = layer + "attention.self.";
    Rows q, k, v, position_q, position_k;
    for (const Row& row : x) {
        q.push_back(linear(row, self + "query" + projection_end));
        k.push_back(linear(row, self + "key" + projection_end));
        v.push_back(linear(row, self + "value" + projection_end));
    }
    for (const Row& row : positions) {
        if (content_to_position) position_k.push_back(linear(row, self + (shared ? "key_proj" : "pos_key_proj")));
        if (position_to_content) position_q.push_back(linear(row, self + (shared ? "query_proj" : "pos_query_proj")));
    }
    const std::size_t tokens = x.size(), dim = q[0].size() / static_cast<std::size_t>(heads);
    const double kinds = 1 + content_to_position + position_to_content;
    Rows mixed(tokens, Row(q[0].size()));
    for (std::size_t head = 0; head < static_cast<std::size_t>(heads); ++head) {
        const std::size_t from = head * dim;
        for (std::size_t t = 0; t < tokens; ++t) {
            Row weights(tokens);
            double total = 0;
            for (std::size_t s = 0; s < tokens; ++s) {
                const int distance = static_cast<int>(t) - static_cast<int>(s);
                const auto clamped = [&](int row) { return static_cast<std::size_t>(std::clamp(row, 0, 2 * span - 1)); };
                double score = dot(q[t], k[s], from, dim, from);
                if (content_to_position) score += dot(q[t], position_k[clamped(span + row_of(distance))], from, dim, from);
                if (position_to_content) score += dot(k[s], position_q[clamped(span + row_of(distance))], from, dim, from);
                if (distance_to_query || distance_to_key) {
                    const Tensor& table = at(self + "distance_embedding.weight");
                    const Row far = row_at(table, distance + (static_cast<int>(table.shape[0]) - 1) / 2);
                    if (distance_to_query) score += dot(q[t], far, from, dim, 0);
                    if (distance_to_key) score += dot(k[s], far, from, dim, 0);
                }
                weights[s] = std::exp(score / std::sqrt(static_cast<double>(dim) * kinds));
                total += weights[s];
            }
            for (std::size_t s = 0; s < tokens; ++s)
                for (std::size_t i = 0; i < dim; ++i) mixed[t][from + i] += weights[s] / total * v[s][from + i];
        }
    }
    return mixed;
}

std::vector<Rows> ReferenceEncoder::states(const std::vector<int>& ids) const {
    Rows x;
    for (std::size_t t = 0; t < ids.size(); ++t) {
        Row row = row_at(at("embeddings.word_embeddings.weight"), ids[t]);
        if (absolute)
            row = sum(row, row_at(at("embeddings.position_embeddings.weight"), static_cast<int>(t) + position_offset));
        if (tensors.contains(prefix + "embeddings.token_type_embeddings.weight"))
            row = sum(row, row_at(at("embeddings.token_type_embeddings.weight"), 0));
        x.push_back(norm(row, "embeddings.LayerNorm"));
    }
    Rows positions;
    for (int row = 0; row < 2 * span; ++row) {
        positions.push_back(row_at(at("encoder.rel_embeddings.weight"), row));
        if (norm_positions) positions.back() = norm(positions.back(), "encoder.LayerNorm");
    }
    std::vector<Rows> all = {x};
    for (int number = 0; number < layers; ++number) {
        const std::string layer = "encoder.layer." + std::to_string(number) + ".";
        const Rows mixed = attention(x, positions, layer);
        for (std::size_t t = 0; t < x.size(); ++t) {
            const Row seen = norm(sum(x[t], linear(mixed[t], layer + "attention.output.dense")), layer + "attention.output.LayerNorm");
            Row inner = linear(seen, layer + "intermediate.dense");
            for (double& value : inner) value = activation(value);
            x[t] = norm(sum(seen, linear(inner, layer + "output.dense")), layer + "output.LayerNorm");
        }
        if (number == 0 && kernel > 0) {
            const Tensor &w = at("encoder.conv.conv.weight"), &bias = at("encoder.conv.conv.bias");
            const int width = static_cast<int>(bias.values.size()), part = width / groups, tokens = static_cast<int>(x.size());
            for (int t = 0; t < tokens; ++t) {
                Row added(bias.values);
                for (int out = 0; out < width; ++out) {
                    for (int step = 0; step < kernel; ++step) {
                        const int from = t + step - kernel / 2;
                        if (from < 0 || from >= tokens) continue;
                        for (int i = 0; i < part; ++i)
                            added[static_cast<std::size_t>(out)] +=
                                w.values[static_cast<std::size_t>((out * part + i) * kernel + step)] *
                                all[0][static_cast<std::size_t>(from)][static_cast<std::size_t>(out / part * part + i)];
                    }
                    added[static_cast<std::size_t>(out)] = convolution_activation(added[static_cast<std::size_t>(out)]);
                }
                x[static_cast<std::size_t>(t)] = norm(sum(x[static_cast<std::size_t>(t)], added), "encoder.conv.LayerNorm");
            }
        }
        all.push_back(x);
    }
    return all;
}

}  // namespace support
