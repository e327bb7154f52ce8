// Collects the tensors of a file one by one, in its order.
#pragma once

#include "gguf/layout.h"

namespace engine {

class Sources {
  public:
    explicit Sources(const Architecture& architecture) : a_(architecture) {}

    void matrix(const std::string& name, const std::string& weight, std::int64_t rows, std::int64_t columns) {
        GgufSource source = plain(name, weight, {rows, columns});
        source.matrix = true;
        all_.push_back(std::move(source));
    }
    void norm(const std::string& name, const std::string& module, std::int64_t width, bool biased) {
        GgufSource weight = plain(name + ".weight", module + ".weight", {width});
        weight.added = static_cast<float>(a_.norm_offset);
        all_.push_back(std::move(weight));
        if (biased) all_.push_back(plain(name + ".bias", module + ".bias", {width}));
    }
    // Not rounded, whatever type is chosen.
    void exact(const std::string& name, const std::string& weight, std::vector<std::int64_t> shape) {
        all_.push_back(plain(name, weight, std::move(shape)));
    }
    void computed(const std::string& name, std::vector<float> values) {
        GgufSource source = plain(name, {}, {static_cast<std::int64_t>(values.size())});
        source.values = std::move(values);
        all_.push_back(std::move(source));
    }
    void projection(std::int64_t layer, const Projection& projection) {
        const std::string name = gguf_module(a_, layer, projection),
                          module = a_.module_name(layer, projection);
        matrix(name + ".weight", module + ".weight", projection.out_features, projection.in_features);
        all_.back().transposed = projection.conv1d;
        all_.back().row_order = gguf_row_order(a_, projection);
        if (!projection.has_bias) return;
        all_.push_back(plain(name + ".bias", module + ".bias", {projection.out_features}));
        all_.back().row_order = gguf_row_order(a_, projection);
    }
    // A table without its first rows.
    void rows_from(std::int64_t first, const std::string& name, const std::string& weight, std::int64_t rows,
                   std::int64_t columns) {
        exact(name, weight, {rows, columns});
        if (first == 0) return;
        for (std::int64_t row = 0; row < rows; ++row) all_.back().row_order.push_back(first + row);
    }
    std::vector<GgufSource> take() { return std::move(all_); }

  private:
    static GgufSource plain(std::string name, std::string weight, std::vector<std::int64_t> shape) {
        GgufSource source;
        source.name = std::move(name);
        source.shape = std::move(shape);
        source.weight = std::move(weight);
        return source;
    }

    const Architecture& a_;
    std::vector<GgufSource> all_;
};

}  // namespace engine
