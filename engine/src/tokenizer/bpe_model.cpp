#include "tokenizer/bpe_model.h"

#include "engine/error.h"
#include "tokenizer/component.h"
#include "tokenizer/text.h"

#include <queue>

namespace engine {
namespace {

// Sentencepiece's spelling of a space.
constexpr std::string_view space_mark = "\xE2\x96\x81";

std::uint64_t pair_key(std::int32_t left, std::int32_t right) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 |
           static_cast<std::uint32_t>(right);
}

std::vector<std::pair<std::string, std::string>> parse_merges(const Json& list, const std::string& source) {
    std::vector<std::pair<std::string, std::string>> merges;
    merges.reserve(list.size());
    for (const Json& item : list) {
        if (item.is_string()) {
            const auto& text = item.get_ref<const std::string&>();
            const std::size_t space = text.find(' ');
            if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos)
                fail_input("The merge " + dump_json(item, -1) + " in " + source +
                           " is not two tokens with a space between. Fetch the file again.");
            merges.emplace_back(text.substr(0, space), text.substr(space + 1));
        } else if (item.is_array() && item.size() == 2 && item[0].is_string() && item[1].is_string()) {
            merges.emplace_back(item[0].get<std::string>(), item[1].get<std::string>());
        } else {
            fail_input("A merge in " + source +
                       " is neither a text nor a pair of texts. Fetch the file again.");
        }
    }
    return merges;
}

}  // namespace

std::unique_ptr<TokenModel> make_bpe_model(const Json& description, const std::string& source) {
    if (json_double(description, "dropout", source).value_or(0) != 0)
        fail_input("The tokenizer in " + source +
                   " drops merges at random (\"dropout\"), which would give other tokens each time. Set it "
                   "to null.");
    Vocabulary vocabulary = read_vocabulary(description, source);
    BpeOptions options;
    options.unk_token = json_string(description, "unk_token", source);
    options.continuing_subword_prefix =
        json_string(description, "continuing_subword_prefix", source).value_or("");
    options.end_of_word_suffix = json_string(description, "end_of_word_suffix", source).value_or("");
    options.fuse_unk = json_bool(description, "fuse_unk", source).value_or(false);
    options.byte_fallback = json_bool(description, "byte_fallback", source).value_or(false);
    options.ignore_merges = json_bool(description, "ignore_merges", source).value_or(false);
    const auto merges = parse_merges(component_list(description, "merges", source), source);
    return std::make_unique<BpeModel>(std::move(vocabulary), merges, std::move(options), source);
}

BpeModel::BpeModel(Vocabulary vocabulary, const std::vector<std::pair<std::string, std::string>>& merges,
                   BpeOptions options, const std::string& source)
    : vocabulary_(std::move(vocabulary)), options_(std::move(options)) {
    merges_.reserve(merges.size());
    const auto id_of = [&](const std::string& token) {
        const auto id = vocabulary_.id(token);
        if (!id)
            fail_input("A merge in " + source + " uses the token '" + token +
                       "', which is not in the vocabulary. Fetch the file again.");
        return *id;
    };
    std::int32_t rank = 0;
    for (const auto& [left, right] : merges) {
        const std::string& prefix = options_.continuing_subword_prefix;
        const std::string tail = right.starts_with(prefix) ? right.substr(prefix.size()) : right;
        // Of a pair that is listed twice, the later rank counts (as in the reference's table).
        const std::uint64_t key = pair_key(id_of(left), id_of(right));
        merges_.insert_or_assign(key, Merge{rank++, id_of(left + tail)});
    }
    prepare();
}

BpeModel::BpeModel(Vocabulary vocabulary, const std::vector<RankedMerge>& merges, BpeOptions options)
    : vocabulary_(std::move(vocabulary)), options_(std::move(options)) {
    merges_.reserve(merges.size());
    for (const RankedMerge& merge : merges)
        merges_.insert_or_assign(pair_key(merge.left, merge.right), Merge{merge.rank, merge.result});
    prepare();
}

void BpeModel::prepare() {
    if (options_.unk_token) unk_id_ = vocabulary_.id(*options_.unk_token);
    if (options_.byte_fallback) byte_ids_ = byte_token_ids(vocabulary_);
    // When every token has its space marks in front, and the mark is a token, nothing is ever joined across
    // the place before a mark.
    if (options_.ignore_merges || !options_.continuing_subword_prefix.empty() ||
        !options_.end_of_word_suffix.empty() || !vocabulary_.id(space_mark))
        return;
    for (std::int32_t id = 0; id < vocabulary_.size(); ++id) {
        if (!vocabulary_.contains(id)) continue;
        std::string_view rest = vocabulary_.token(id);
        while (rest.starts_with(space_mark)) rest.remove_prefix(space_mark.size());
        if (rest.find(space_mark) != std::string_view::npos) return;
    }
    word_mark_ = space_mark;
}

const BpeModel::Merge* BpeModel::find_merge(std::int32_t left, std::int32_t right) const {
    const auto it = merges_.find(pair_key(left, right));
    return it == merges_.end() ? nullptr : &it->second;
}

std::vector<BpeModel::Symbol> BpeModel::symbols_of(std::string_view piece) const {
    std::vector<Symbol> symbols;
    symbols.reserve(piece.size());
    bool unknown_pending = false;
    const auto push = [&](std::int32_t id) {
        const auto at = static_cast<std::int32_t>(symbols.size());
        symbols.push_back({id, at - 1, at + 1, true});
    };
    const auto flush_unknown = [&] {
        if (std::exchange(unknown_pending, false)) push(*unk_id_);
    };
    const bool affixes = !options_.continuing_subword_prefix.empty() || !options_.end_of_word_suffix.empty();
    std::string decorated;
    for (std::size_t at = 0; at < piece.size();) {
        const std::size_t length = character_at(piece, at).length;
        std::string_view spelling = piece.substr(at, length);
        if (affixes) {
            decorated = at > 0 ? options_.continuing_subword_prefix : "";
            decorated += spelling;
            if (at + length == piece.size()) decorated += options_.end_of_word_suffix;
            spelling = decorated;
        }
        at += length;
        if (const auto id = vocabulary_.id(spelling)) {
            flush_unknown();
            push(*id);
        } else if (!byte_ids_.empty()) {
            for (const char byte : spelling) push(byte_ids_[static_cast<unsigned char>(byte)]);
        } else if (unk_id_) {
            if (!options_.fuse_unk) flush_unknown();
            unknown_pending = true;
        }
        // Without an unknown token the reference drops the character, and so do we: its ids are the contract.
    }
    flush_unknown();
    if (!symbols.empty()) symbols.back().next = -1;
    return symbols;
}

void BpeModel::tokenize(std::string_view piece, Specials specials, std::vector<std::int32_t>& out) const {
    if (options_.ignore_merges) {
        if (const auto id = vocabulary_.id(piece); id && !refuses(*id, specials)) {
            out.push_back(*id);
            return;
        }
    }
    struct Candidate {
        std::int32_t rank, position, left, right, result;
        bool operator<(const Candidate& other) const {  // smallest rank first, then leftmost
            return rank != other.rank ? rank > other.rank : position > other.position;
        }
    };
    std::vector<Symbol> symbols = symbols_of(piece);
    std::priority_queue<Candidate> queue;
    const auto propose = [&](std::int32_t position) {
        if (position < 0) return;
        const Symbol& left = symbols[static_cast<std::size_t>(position)];
        if (left.next < 0) return;
        const Symbol& right = symbols[static_cast<std::size_t>(left.next)];
        const Merge* merge = find_merge(left.id, right.id);
        if (merge && !refuses(merge->result, specials))
            queue.push({merge->rank, position, left.id, right.id, merge->result});
    };
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) propose(static_cast<std::int32_t>(i));
    while (!queue.empty()) {
        const Candidate top = queue.top();
        queue.pop();
        Symbol& left = symbols[static_cast<std::size_t>(top.position)];
        if (!left.alive || left.id != top.left || left.next < 0) continue;
        Symbol& right = symbols[static_cast<std::size_t>(left.next)];
        if (right.id != top.right) continue;  // proposed before one of the two was merged
        left.id = top.result;
        left.next = right.next;
        right.alive = false;
        if (left.next >= 0) symbols[static_cast<std::size_t>(left.next)].previous = top.position;
        propose(left.previous);
        propose(top.position);
    }
    // The first symbol never disappears: merging keeps the left one.
    for (std::int32_t at = symbols.empty() ? -1 : 0; at >= 0; at = symbols[static_cast<std::size_t>(at)].next)
        out.push_back(symbols[static_cast<std::size_t>(at)].id);
}

}  // namespace engine
