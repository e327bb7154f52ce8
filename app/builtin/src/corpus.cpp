#include "builtin/corpus.h"

#include "inflect.h"
#include "json_text.h"
#include "kinds.h"

#include <algorithm>
#include <ostream>
#include <stdexcept>

namespace builtin {
namespace {

// Seldom enough to stay a side dish, often enough that tokenised data sets do not look alien to the base
// model.
constexpr int kTokenisedPercent = 10;

const std::vector<Kind>& all_kinds() {
    static const std::vector<Kind> kinds = [] {
        std::vector<Kind> all;
        add_venue_kinds(all);
        add_place_kinds(all);
        add_people_kinds(all);
        add_story_kinds(all);
        add_number_kinds(all);
        add_record_kinds(all);
        add_copy_kinds(all);
        add_table_kinds(all);
        add_talk_kinds(all);
        add_letter_kinds(all);
        add_howto_kinds(all);
        add_news_kinds(all);
        add_reason_kinds(all);
        add_language_kinds(all);
        add_tale_kinds(all);
        return all;
    }();
    return kinds;
}

int total_weight() {
    int total = 0;
    for (const Kind& kind : all_kinds()) total += kind.weight;
    return total;
}

std::string write(const Kind& kind, Rng& rng) {
    Scene scene(rng);
    std::string text = kind.write(scene);
    if (!kind.prose) return text;
    text = with_sentence_capitals(std::move(text));
    return rng.chance(kTokenisedPercent) ? tokenised(text) : text;
}

}  // namespace

std::string some_of(Scene& scene, const Templates& templates, std::size_t count, bool shuffled) {
    std::vector<std::size_t> order(templates.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    scene.rng.shuffle(order);
    order.resize(std::min(count, order.size()));
    if (!shuffled) std::sort(order.begin(), order.end());
    std::vector<std::string> parts;
    for (std::size_t i : order) parts.push_back(scene.say(templates[i]));
    return lines(parts, " ");
}

std::string lines(const std::vector<std::string>& parts, std::string_view separator) {
    std::string out;
    for (const std::string& part : parts) {
        if (part.empty()) continue;
        if (!out.empty()) out += separator;
        out += part;
    }
    return out;
}

const std::vector<std::string>& Corpus::kinds() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const Kind& kind : all_kinds()) all.push_back(kind.name);
        return all;
    }();
    return names;
}

std::string Corpus::next() {
    static const int total = total_weight();
    int draw = rng_.range(0, total - 1);
    for (const Kind& kind : all_kinds()) {
        draw -= kind.weight;
        if (draw < 0) return write(kind, rng_);
    }
    return {};  // not reached: the draw is below the total
}

std::string Corpus::next_of(std::size_t kind) {
    return write(all_kinds().at(kind), rng_);
}

void generate_corpus(std::uint64_t seed, std::size_t bytes, std::ostream& out) {
    Corpus corpus(seed);
    for (std::size_t written = 0; written < bytes;) {
        std::string text = corpus.next();
        out << text << "\n\n";
        written += text.size() + 2;
    }
}

void generate_corpus_jsonl(std::uint64_t seed, std::size_t bytes, std::ostream& out, std::string_view kind,
                           int kind_percent) {
    const auto& kinds = Corpus::kinds();
    const auto found = std::find(kinds.begin(), kinds.end(), kind);
    if (!kind.empty() && found == kinds.end()) {
        throw std::invalid_argument("There is no kind of document called '" + std::string(kind) + "'.");
    }
    Corpus corpus(seed);
    Rng choice(seed);
    for (std::size_t written = 0; written < bytes;) {
        const bool of_kind = !kind.empty() && choice.chance(kind_percent);
        const std::string text =
            of_kind ? corpus.next_of(static_cast<std::size_t>(found - kinds.begin())) : corpus.next();
        out << "{\"text\": \"" << json_escaped(text) << "\"}\n";
        written += text.size();
    }
}

}  // namespace builtin
