#include "tokenizer/chars_map.h"

#include "engine/error.h"
#include "tokenizer/component.h"
#include "tokenizer/text.h"

#include <cstring>

namespace engine {
namespace {

// A unit of the double array, in the layout of Darts-clone.
bool has_value(std::uint32_t unit) {
    return (unit >> 8 & 1) != 0;
}
std::uint32_t value_of(std::uint32_t unit) {
    return unit & 0x7FFFFFFFu;
}
std::uint32_t label_of(std::uint32_t unit) {
    return unit & 0x800000FFu;
}
std::uint32_t offset_of(std::uint32_t unit) {
    return unit >> 10 << ((unit & 0x200u) >> 6);
}

std::string decode_base64(std::string_view text, const std::string& source) {
    std::string bytes;
    std::uint32_t bits = 0;
    int count = 0;
    while (text.ends_with('=')) text.remove_suffix(1);
    for (const char c : text) {
        std::uint32_t value = 0;
        if (c >= 'A' && c <= 'Z') {
            value = static_cast<std::uint32_t>(c - 'A');
        } else if (c >= 'a' && c <= 'z') {
            value = static_cast<std::uint32_t>(c - 'a') + 26;
        } else if (c >= '0' && c <= '9') {
            value = static_cast<std::uint32_t>(c - '0') + 52;
        } else if (c == '+' || c == '/') {
            value = c == '+' ? 62 : 63;
        } else {
            fail_input("\"precompiled_charsmap\" in " + source + " is not base64. Fetch the file again.");
        }
        bits = bits << 6 | value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes += static_cast<char>(bits >> count & 0xFF);
        }
    }
    return bytes;
}

// The rules as tokenizer.json's own reference applies them: to each grapheme cluster of at most five bytes as
// a whole, then to its characters; and the shortest rule that fits replaces all of it.
class Precompiled : public Normalizer {
  public:
    explicit Precompiled(CharsMap map) : map_(std::move(map)) {}

    std::string apply(std::string text) const override {
        if (map_.empty()) return text;
        std::string result;
        result.reserve(text.size());
        for (std::size_t at = 0; at < text.size();) {
            const std::string_view rest = std::string_view(text).substr(at);
            const std::string_view grapheme = rest.substr(0, grapheme_length(rest));
            at += grapheme.size();
            if (grapheme.size() < 6) {
                if (const auto match = map_.shortest(grapheme)) {
                    result += match->replacement;
                    continue;
                }
            }
            for (std::size_t from = 0; from < grapheme.size();) {
                const std::string_view one = grapheme.substr(from, character_at(grapheme, from).length);
                const auto match = map_.shortest(one);
                result += match ? match->replacement : one;
                from += one.size();
            }
        }
        return result;
    }

  private:
    CharsMap map_;
};

}  // namespace

CharsMap::CharsMap(std::string_view bytes, const std::string& source) {
    if (bytes.empty()) return;
    const auto refuse = [&](const char* why) {
        fail_input("The rules of normalisation in " + source + " are damaged: " + why +
                   ". Fetch the file again.");
    };
    std::uint32_t size = 0;
    if (bytes.size() < sizeof size) refuse("they are too short");
    std::memcpy(&size, bytes.data(), sizeof size);
    bytes.remove_prefix(sizeof size);
    if (size == 0 || size % 4 != 0 || size > bytes.size()) refuse("their size does not fit");
    units_.resize(size / 4);
    std::memcpy(units_.data(), bytes.data(), size);
    replacements_ = bytes.substr(size);
    if (replacements_.empty() || replacements_.back() != '\0') refuse("the last replacement has no end");
    for (std::size_t from = 0; from < replacements_.size();) {
        const std::size_t end = replacements_.find('\0', from);
        if (end - from > max_insertion_bytes) refuse("a replacement is longer than 1024 bytes");
        from = end + 1;
    }
    if (valid_utf8(replacements_) != replacements_) refuse("a replacement is not UTF-8");
}

std::optional<CharsMap::Match> CharsMap::find(std::string_view text, bool first) const {
    std::optional<Match> found;
    if (units_.empty()) return found;
    std::size_t node = offset_of(units_[0]);
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        node ^= byte;
        // Offsets come from the file: a step outside the array, like one to another label, ends the search.
        if (byte == 0 || node >= units_.size() || label_of(units_[node]) != byte) break;
        const std::uint32_t unit = units_[node];
        node ^= offset_of(unit);
        if (!has_value(unit)) continue;
        if (node >= units_.size()) break;
        const std::size_t begin = value_of(units_[node]);
        // Nor may a replacement begin inside a character.
        if (begin >= replacements_.size() ||
            (static_cast<unsigned char>(replacements_[begin]) & 0xC0) == 0x80)
            break;
        found = Match{at + 1, std::string_view(replacements_.data() + begin)};
        if (first) break;
    }
    return found;
}

std::string precompiled_chars_map(const Json& description, const std::string& source) {
    return decode_base64(json_string(description, "precompiled_charsmap", source).value_or(""), source);
}

std::unique_ptr<const Normalizer> make_precompiled_normalizer(const Json& description,
                                                              const std::string& source) {
    return std::make_unique<Precompiled>(CharsMap(precompiled_chars_map(description, source), source));
}

}  // namespace engine
