// Texts whose end can only be known from their beginning: made-up words and names told once and asked for
// again. They teach a small model to copy what it has read, which every table-to-text task needs.
#include "inflect.h"
#include "kinds.h"

namespace builtin {
namespace {

// A name no other document is likely to use: one to three parts, so that copying has to go on across words.
std::string rare_name(Scene& s) {
    return s.one_of({"{invented}", "{invented} {invented}", "The {invented}", "{invented}'s", "{venue}",
                     "{venue}", "The {thing.cap} {venue_noun}", "{venue_adj} {invented}",
                     "{venue_noun} {venue_noun}", "{invented} and {surname}", "The {surname} {thing.cap}"});
}

std::vector<std::string> different(Scene& s, std::size_t count, std::string (*draw)(Scene&)) {
    std::vector<std::string> found;
    while (found.size() < count) {
        std::string next = draw(s);
        bool known = false;
        for (const std::string& old : found) known = known || old == next;
        if (!known) found.push_back(std::move(next));
    }
    return found;
}

std::string some_value(Scene& s) {
    return s.one_of({"{invented}", "{area}", "{town}", "{thing}", "{food}", "{colour}", "{name_f} {surname}",
                     "{cuisine}", "£{price}", "the {building}", "{dish}", "{street}"});
}

// Pairs of a made-up word and something else, then questions about some of them.
std::string recall(Scene& s) {
    std::size_t n = 3 + s.rng.below(5);
    const auto keys = different(s, n, rare_name);
    std::vector<std::string> values;
    for (std::size_t i = 0; i < n; ++i) values.push_back(some_value(s));
    const std::vector<std::string_view> tell = {"{k} : {v}", "{k} = {v}", "{k} is {v}.", "for {k} take {v}.",
                                                "{k}, {v}"};
    const std::vector<std::string_view> ask = {"{k} ? {v}", "{k} : {v}", "Which one is {k}? It is {v}.",
                                               "And {k}? {v}.", "{v} belongs to {k}."};
    const std::string_view told = s.rng.pick(tell), asked = s.rng.pick(ask);
    const std::string_view between = s.rng.chance(50) ? " | " : "\n";
    auto pair = [&](std::size_t i, std::string_view form) {
        s.set("k", keys[i]);
        s.set("v", values[i]);
        return s.say(form);
    };
    std::vector<std::string> first;
    for (std::size_t i = 0; i < n; ++i) first.push_back(pair(i, told));
    std::vector<std::string> parts = {lines(first, between)};
    const std::size_t questions = 2 + s.rng.below(4);
    for (std::size_t i = 0; i < questions; ++i) parts.push_back(pair(s.rng.below(n), asked));
    return lines(parts);
}

// The same words once more: quoted, repeated, corrected, put into a frame.
std::string echo(Scene& s) {
    std::string words;
    const std::size_t n = 2 + s.rng.below(6);
    for (std::size_t i = 0; i < n; ++i) {
        if (i > 0) words += ' ';
        words += s.one_of(
            {"{invented}", "{syllable}{syllable}", "{thing}", "{colour}", "{food}", "{town}", "{surname}"});
    }
    s.set("w", words);
    s.person("p");
    s.person("q");
    return s.one_of({"Say after me: {w}.\n{w}.", "{p} wrote \"{w}\" on the wall. {q} read it aloud: \"{w}\".",
                     "The password is {w}. Again, slowly: {w}.", "{w}\n{w}\n{w}", "Copy: {w}\nCopied: {w}",
                     "\"{w}\", said {p}. \"Did you say {w}?\" asked {q}. \"Yes, {w}.\"",
                     "{p} : {w}\n{q} : {w} ?\n{p} : {w} !"});
}

// Names enter a scene and come back in another order.
std::string who_is_where(Scene& s) {
    std::size_t n = 2 + s.rng.below(3);
    const auto houses = different(s, n, rare_name);
    std::vector<std::string> owners, areas, told, asked;
    for (std::size_t i = 0; i < n; ++i) {
        owners.push_back(s.say("{invented} {surname}"));
        areas.push_back(s.say("{area}"));
        s.set("h", houses[i]);
        s.set("o", owners[i]);
        s.set("a", areas[i]);
        told.push_back(s.one_of({"{h} in the {a} belongs to {o}.", "{o} runs {h}, which is in the {a}.",
                                 "In the {a} there is {h}, the house of {o}."}));
    }
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t j = s.rng.below(n);
        s.set("h", houses[j]);
        s.set("o", owners[j]);
        s.set("a", areas[j]);
        asked.push_back(s.one_of({"At {h} you ask for {o}.", "Where is {h}? In the {a}.",
                                  "Who runs {h}? {o}.", "Whoever looks for {o} goes to {h} in the {a}."}));
    }
    return lines(told, " ") + "\n" + lines(asked, " ");
}

// A venue in one line of fields and at once in a sentence or two, as data-to-text collections write it.
std::string venue_line(Scene& s) {
    const std::string name = rare_name(s), near = rare_name(s);
    s.set("n", name);
    s.set("kind", s.pick("eatery"));
    s.set("x", near);
    s.set("area", s.pick("area"));
    s.set("food", s.pick("cuisine"));
    s.set("price", s.say("[cheap|moderate|high|less than £20|£20-25|more than £30]"));
    s.set("stars", s.say("[1|3|5] out of 5"));
    const bool family = s.rng.chance(50);
    struct Part {
        std::string_view field;
        std::vector<std::string_view> clause;  // follows "n, " or "n is a kind that ..."
    };
    std::vector<Part> parts = {
        {"area : {area}", {"is in the {area}", "lies in the {area} area", "can be found in the {area}"}},
        {"near : {x}", {"is near {x}", "stands next to {x}", "is close to {x}", "is located near {x}"}},
        {"food : {food}", {"serves {food} food", "offers {food} dishes", "cooks {food} food"}},
        {"price : {price}", {"has a price range of {price}", "asks {price} prices", "has {price} prices"}},
        {"rating : {stars}", {"is rated {stars}", "has a rating of {stars}", "got {stars} from its guests"}},
        family ? Part{"families : yes", {"is family friendly", "welcomes children", "is good for families"}}
               : Part{"families : no",
                      {"is not family friendly", "does not welcome children", "is not for families"}}};
    s.rng.shuffle(parts);
    parts.resize(2 + s.rng.below(4));
    const bool kind = s.rng.chance(60);
    const std::string_view colon = s.rng.below(3) == 0 ? ": " : " : ";
    std::string line = "name" + std::string(colon) + name;
    if (kind) line += s.say(" | kind") + std::string(colon) + s.get("kind");
    for (const Part& part : parts) {
        std::string field = s.say(part.field);
        if (colon == ": ") field.replace(field.find(" : "), 3, ": ");
        line += " | " + field;
    }
    s.rng.shuffle(parts);
    std::vector<std::string> clauses;
    for (const Part& part : parts) clauses.push_back(s.one_of(part.clause));
    const std::size_t cut = clauses.size() > 2 ? 1 + s.rng.below(clauses.size() - 1) : clauses.size();
    const std::vector<std::string> head(clauses.begin(), clauses.begin() + static_cast<std::ptrdiff_t>(cut));
    const std::vector<std::string> tail(clauses.begin() + static_cast<std::ptrdiff_t>(cut), clauses.end());
    s.set("head", joined(head));
    std::string text =
        kind
            ? s.one_of({"{n} is {kind.a} that {head}.", "the {kind} {n} {head}.",
                        "there is {kind.a} called {n} that {head}.", "{n}, {kind.a}, {head}."})
            : s.one_of({"{n} {head}.", "{n} is a place that {head}.", "there is a place, {n}, that {head}."});
    if (!tail.empty()) text += " It " + joined(tail) + ".";
    text = with_sentence_capitals(text);
    return line + (s.rng.chance(50) ? "\n" : " ") + (s.rng.chance(50) ? tokenised(text) : text);
}

// A line of random words and made-up ones, then the same line again: nothing but copying predicts the second.
std::string repeats(Scene& s) {
    std::string line;
    const int words = s.rng.range(3, 9);
    for (int i = 0; i < words; ++i) {
        if (i > 0) line += ' ';
        line += s.one_of({"{invented}",
                          "{invented}",
                          "{invented}",
                          "{syllable}{syllable}",
                          "{syllable}{syllable}{syllable}",
                          "{thing}",
                          "{food}",
                          "{town}",
                          "{surname}",
                          "{name_f}",
                          "{name_m}",
                          "{colour}",
                          "{animal}",
                          "{tool}",
                          "{venue_adj}",
                          "{venue_noun}",
                          "{area}",
                          "{cuisine}",
                          "{hobby}",
                          "{dish}"});
    }
    return lines(std::vector<std::string>(static_cast<std::size_t>(s.rng.range(2, 4)), line));
}

}  // namespace

void add_copy_kinds(std::vector<Kind>& kinds) {
    kinds.push_back({"recall", 8, recall, false});
    kinds.push_back({"echo", 5, echo, false});
    kinds.push_back({"who_is_where", 6, who_is_where, false});
    kinds.push_back({"venue_line", 12, venue_line, false});
    kinds.push_back({"repeats", 0, repeats, false});  // not among the others: a stage of its own
}

}  // namespace builtin
