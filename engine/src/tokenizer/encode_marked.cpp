// Encoding of a text that mixes the template's special tokens with what people wrote.
#include "tokenizer/tokenizer_state.h"

#include <algorithm>

namespace engine {
namespace {

bool touches(std::span<const TextRange> data, TextRange part) {
    const auto first = std::partition_point(data.begin(), data.end(),
                                            [&](const TextRange& range) { return range.end <= part.begin; });
    return first != data.end() && first->begin < part.end;
}

// The part cut where data begins and ends.
std::vector<TextRange> cut_at_data(std::span<const TextRange> data, TextRange part) {
    std::vector<TextRange> pieces;
    std::size_t at = part.begin;
    const auto up_to = [&](std::size_t end) {
        end = std::clamp(end, at, part.end);
        if (end > at) pieces.push_back({at, end});
        at = end;
    };
    for (const TextRange& range : data) {
        up_to(range.begin);
        up_to(range.end);
    }
    up_to(part.end);
    return pieces;
}

}  // namespace

MarkedIds Tokenizer::State::encode_marked(std::string_view text, std::span<const TextRange> data,
                                          std::span<const std::size_t> cuts) const {
    MarkedIds result;
    auto cache = caches_.take();
    std::size_t cut = 0;
    const auto take_cuts = [&](std::size_t up_to) {
        for (; cut < cuts.size() && cuts[cut] <= up_to; ++cut) result.before.push_back(result.ids.size());
    };
    const auto encode_piece = [&](TextRange piece, bool special) {
        const EncodeOptions options{.add_special_tokens = false, .parse_special = special};
        const auto ids_to = [&](std::size_t end) {
            std::vector<std::int32_t> ids;
            encode_text(text.substr(piece.begin, end - piece.begin), piece.begin == 0, options, *cache, ids);
            return ids;
        };
        take_cuts(piece.begin);
        const std::vector<std::int32_t> ids = ids_to(piece.end);
        for (; cut < cuts.size() && cuts[cut] < piece.end; ++cut) {
            const std::vector<std::int32_t> first = ids_to(cuts[cut]);
            const auto same =
                std::mismatch(first.begin(), first.end(), ids.begin(), ids.end()).first - first.begin();
            result.before.push_back(result.ids.size() + static_cast<std::size_t>(same));
        }
        result.ids.insert(result.ids.end(), ids.begin(), ids.end());
    };
    // Tokens looked for in the normalised text have no place in the text as it was written: there, data is
    // encoded apart from what surrounds it.
    const bool apart = added.has_normalized_special();
    for (const Segment& segment : added.split(text, false, true, data)) {
        const auto begin = static_cast<std::size_t>(segment.text.data() - text.data());
        const TextRange part{begin, begin + segment.text.size()};
        if (segment.id >= 0) {
            take_cuts(part.begin);
            for (; cut < cuts.size() && cuts[cut] < part.end; ++cut)
                result.before.push_back(result.ids.size());
            result.ids.push_back(segment.id);
        } else if (apart && touches(data, part)) {
            for (const TextRange& piece : cut_at_data(data, part)) encode_piece(piece, !touches(data, piece));
        } else {
            // Nor may the model answer with a special token that data spells.
            encode_piece(part, !touches(data, part));
        }
    }
    take_cuts(text.size());
    caches_.put_back(std::move(cache));
    return result;
}

}  // namespace engine
