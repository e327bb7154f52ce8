// Encoders once more, as plain loops in double precision over the tensors by their names in the file: an independent check of
// the engine's encoder that needs nothing from outside. Slow, for micro models; one text without padding at a time.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace support {

struct ReferenceEncoder {
    struct Tensor {
        std::vector<long> shape;
        std::vector<double> values;
    };
    using Row = std::vector<double>;
    using Rows = std::vector<Row>;

    std::map<std::string, Tensor> tensors;
    std::string prefix;            // "bert.", "deberta."
    std::string projection_end;    // "" or "_proj", behind query, key and value
    int layers = 0, heads = 0;
    double norm_eps = 1e-12;
    int position_offset = 0;       // of the table of absolute positions
    bool absolute = true;          // positions are added to the embeddings
    std::function<double(double)> activation;

    // Disentangled attention (arXiv:2006.03654); span 0: none.
    int span = 0, max_distance = 0;
    bool buckets = false, content_to_position = false, position_to_content = false, shared = false, norm_positions = false;
    // Behind the first layer; kernel 0: none.
    int kernel = 0, groups = 1;
    std::function<double(double)> convolution_activation;
    // A vector for each distance, added to the scores with the query, and with the key (arXiv:1803.02155, arXiv:2009.13658).
    bool distance_to_query = false, distance_to_key = false;

    // The embeddings and what each layer makes of them, [layers + 1][T][width].
    std::vector<Rows> states(const std::vector<int>& ids) const;

  private:
    const Tensor& at(const std::string& name) const { return tensors.at(prefix + name); }
    Row linear(const Row& x, const std::string& module) const;
    Row norm(const Row& x, const std::string& module) const;
    Rows attention(const Rows& x, const Rows& positions, const std::string& layer) const;
    int row_of(int distance) const;
};

double gelu(double x);

}  // namespace support
