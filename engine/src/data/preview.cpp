#include "data/preview.h"

#include "tokenizer/text.h"

#include <algorithm>
#include <cstdio>

namespace engine {
namespace {

constexpr std::int64_t most_bins = 24;

// Bytes as text: what is no complete character as \xNN.
std::string readable(std::string_view bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes.size();) {
        std::size_t length = 1;
        const auto lead = static_cast<unsigned char>(bytes[i]);
        if (lead >= 0xc2) length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        const std::string_view part = bytes.substr(i, length);
        if (part.size() == length && (lead < 0x80 || length > 1) && valid_utf8(part) == part) {
            text += part;
        } else {
            char escaped[5];
            std::snprintf(escaped, sizeof escaped, "\\x%02X", lead);
            text += escaped;
            length = 1;
        }
        i += length;
    }
    return text;
}

}  // namespace

std::string preview_text(const Tokenizer& tokenizer, std::int32_t id) {
    std::string text = tokenizer.is_special(id) ? std::string() : readable(tokenizer.piece_text(id));
    return text.empty() ? tokenizer.token(id) : text;
}

std::vector<HistogramBin> histogram_of(const std::vector<std::int64_t>& lengths) {
    if (lengths.empty()) return {};
    const std::int64_t longest = *std::max_element(lengths.begin(), lengths.end());
    std::int64_t width = 1;
    for (int step = 0; longest / width >= most_bins; ++step)
        width = step % 3 == 1 ? width / 2 * 5 : width * 2;
    std::vector<HistogramBin> bins;
    for (std::int64_t from = 0; from <= longest; from += width) bins.push_back({from, from + width, 0});
    for (const std::int64_t length : lengths) ++bins[static_cast<std::size_t>(length / width)].rows;
    return bins;
}

}  // namespace engine
