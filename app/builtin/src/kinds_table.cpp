// Tables told as text: a name and facts in one line, then sentences that say each fact once and nothing else.
// Names and most open values are made up, so only reading the table predicts the sentences. A stage of its
// own.
#include "inflect.h"
#include "kinds.h"
#include "made_up.h"

namespace builtin {
namespace {

// How a fact can be said. A clause follows the subject, an adjective stands in front of the noun, an ending
// behind it.
struct Fact {
    std::string key, value;
    Templates clauses, adjectives, endings;
};

struct Table {
    std::string name, noun, any_noun;  // what it is, and what to call it when the table does not say
    std::string pronoun;
    std::vector<Fact> facts;
};

// A value from a list, or as often one that no list holds.
std::string open_value(Scene& s, std::string_view listed) {
    return s.rng.chance(50) ? s.say(listed) : s.rng.chance(60) ? name_word(s) : spelled_word(s);
}

Fact fact(Scene& s, std::string_view keys, std::string value, Templates clauses, Templates adjectives = {},
          Templates endings = {}) {
    return {s.say(keys), std::move(value), std::move(clauses), std::move(adjectives), std::move(endings)};
}

Fact yes_or_no(Scene& s, std::string_view keys, const Templates& yes, const Templates& no,
               const Templates& adjectives = {}) {
    const bool is = s.rng.chance(50);
    const bool words = s.rng.chance(85);
    return fact(s, keys, is ? (words ? "yes" : "true") : (words ? "no" : "false"), is ? yes : no,
                is ? adjectives : Templates{});
}

Fact families(Scene& s) {
    return yes_or_no(
        s, "[family friendly|family friendly|children|families|for families|kids welcome]",
        {"is family friendly", "is family-friendly", "welcomes children", "is good for families",
         "is child friendly", "is kid friendly", "is suitable for children", "welcomes families with kids"},
        {"is not family friendly", "is not family-friendly", "does not welcome children",
         "is not for families", "is not child friendly", "is not kid friendly", "is for adults only",
         "is not suitable for children"},
        {"family-friendly", "family friendly", "child friendly", "kid friendly"});
}

Fact price(Scene& s) {
    static constexpr std::string_view keys = "[price|price|price range|prices|cost]";
    switch (s.rng.below(4)) {
        case 0:
            return fact(s, keys, "cheap", {"is cheap", "has low prices", "is in the cheap price range"},
                        {"cheap", "cheap", "low-priced"}, {"with cheap prices"});
        case 1:
            return fact(s, keys, "moderate", {"is moderately priced", "has moderate prices"},
                        {"moderately priced", "moderate"}, {"with a moderate price range"});
        case 2:
            return fact(s, keys, "high", {"is expensive", "has high prices", "is in the high price range"},
                        {"expensive", "high-priced"}, {"with high prices", "with a high price range"});
        default:
            return fact(s, keys, s.say("[less than|more than|about|£{price} to|£{price} -|from] £{price}"),
                        {"costs {v}", "has a price range of {v}", "asks {v}", "has prices of {v}"}, {},
                        {"with prices of {v}", "in the price range of {v}"});
    }
}

Fact rating(Scene& s) {
    const bool stars = s.rng.chance(55);
    return fact(s, "[rating|rating|customer rating|customer rating|score|guests say]",
                stars ? s.say("[1|2|3|4|5] out of [5|5|5|5|10]") : s.say("[low|average|high|excellent|poor]"),
                {"is rated {v}", "has a customer rating of {v}", "has a rating of {v}",
                 "is rated {v} by customers", "got a rating of {v}"},
                {},
                stars
                    ? Templates{"rated {v}", "with a rating of {v}", "with a customer rating of {v}"}
                    : Templates{"with {v.a} rating", "with {v.a} customer rating", "rated {v} by customers"});
}

Fact near(Scene& s) {
    return fact(s, "[near|near|near|close to|next to|neighbour]", made_up_name(s),
                {"is near {v}", "is located near {v}", "stands next to {v}", "is close to {v}",
                 "can be found near {v}"},
                {}, {"near {v}", "near {v}", "next to {v}", "close to {v}", "located near {v}"});
}

Fact area(Scene& s) {
    return fact(
        s, "[area|area|location|where|part of town]", open_value(s, "{area}"),
        {"is in the {v} area", "is located in the {v}", "lies in the {v}", "can be found in the {v} area"},
        {}, {"in the {v}", "in the {v} area", "located in the {v}", "in {v}"});
}

Table venue(Scene& s) {
    return {made_up_name(s),
            s.pick("eatery"),
            "place",
            "it",
            {area(s), near(s), price(s), rating(s), families(s),
             fact(s, "[food|food|cuisine|kitchen]", open_value(s, "{cuisine}"),
                  {"serves {v} food", "serves {v} food", "offers {v} dishes", "sells {v} food",
                   "provides {v} meals"},
                  {"{v}"}, {"serving {v} food", "with {v} food", "offering {v} food"})}};
}

Table house(Scene& s) {
    return {made_up_name(s),
            s.say("[hotel|guest house|{shop}|museum|cinema|school|farm]"),
            "place",
            "it",
            {area(s), near(s), price(s), rating(s), families(s),
             fact(s, "[owner|run by|manager]", s.say("{name_f} ") + name_word(s),
                  {"belongs to {v}", "is run by {v}"}, {}, {"run by {v}", "owned by {v}"}),
             yes_or_no(s, "[dogs|dogs allowed|pets]", {"allows dogs", "welcomes dogs"},
                       {"does not allow dogs", "does not welcome dogs"}, {"dog-friendly"}),
             yes_or_no(s, "[parking|car park]", {"has a car park", "offers parking"},
                       {"has no car park", "does not offer parking"})}};
}

Table person(Scene& s) {
    return {
        name_word(s) + " " + name_word(s),
        s.pick("job"),
        "person",
        s.say("[he|she]"),
        {fact(s, "[town|home|lives in]", open_value(s, "{town}"), {"lives in {v}", "has a house in {v}"}, {},
              {"from {v}", "living in {v}"}),
         fact(s, "[hobby|likes]", s.pick("hobby"), {"likes {v}", "is fond of {v}"}, {}, {"fond of {v}"}),
         fact(s, "[age|years]", std::to_string(s.rng.range(18, 90)), {"is {v} years old", "is {v}"}, {},
              {"aged {v}"}),
         fact(s, "[pet|animal]", open_value(s, "{pet}"), {"keeps {v.a}", "has {v.a}"}, {}, {"with {v.a}"}),
         fact(s, "[friend|knows]", made_up_name(s), {"is a friend of {v}", "knows {v}"}),
         yes_or_no(s, "[married]", {"is married"}, {"is not married"}, {"married"}),
         yes_or_no(s, "[drives|can drive]", {"can drive", "drives a car"},
                   {"cannot drive", "does not drive a car"})}};
}

Table product(Scene& s) {
    return {made_up_name(s),
            s.say("[{machine}|{thing}|{tool}|{vehicle}|{instrument}]"),
            "thing",
            "it",
            {price(s), rating(s),
             fact(s, "[maker|brand|made by]", made_up_name(s), {"is made by {v}", "comes from {v}"}, {},
                  {"made by {v}", "from {v}"}),
             fact(s, "[colour]", open_value(s, "{colour}"), {"is {v}", "comes in {v}"}, {"{v}"}, {"in {v}"}),
             fact(s, "[material|made of]", open_value(s, "{hard_material}"), {"is made of {v}"}, {},
                  {"made of {v}"}),
             yes_or_no(s, "[waterproof]", {"is waterproof"}, {"is not waterproof"}, {"waterproof"}),
             yes_or_no(s, "[battery|batteries]", {"needs a battery"}, {"does not need a battery"})}};
}

Table event(Scene& s) {
    return {made_up_name(s),
            s.pick("event"),
            "event",
            "it",
            {price(s), area(s), near(s), families(s),
             fact(s, "[day|date]", s.pick("day"), {"takes place on {v}", "is on {v}"}, {}, {"on {v}"}),
             fact(s, "[guest|speaker|star]", made_up_name(s), {"presents {v}", "has {v} as its guest"}, {},
                  {"with {v}"}),
             yes_or_no(s, "[indoors|indoor]", {"is indoors", "takes place indoors"},
                       {"is not indoors", "takes place outdoors"})}};
}

// Keys and values that fit no domain.
Table anything(Scene& s) {
    Table t{
        made_up_name(s), s.say("[{thing}|{animal}|{fruit}|{book_kind}|{job}|{vehicle}]"), "thing", "it", {}};
    const auto keys = s.pick_some("thing", 6);
    for (const std::string& key : keys) {
        Fact f{s.rng.chance(70) ? key : spelled_word(s),
               s.rng.chance(60) ? made_up_name(s) : spelled_word(s),
               {"has {v} as its {k}", "takes {v} for {k}", "calls its {k} {v}"},
               {},
               {"with {k} {v}"}};
        t.facts.push_back(std::move(f));
    }
    return t;
}

std::string with_pounds_apart(std::string text) {
    for (std::size_t at = 0; (at = text.find("£", at)) != std::string::npos; at += 3)
        text.insert(at + 2, " ");
    return text;
}

class Telling {
  public:
    Telling(Scene& scene, const Table& table) : s_(scene), table_(table), left_(table.facts) {
        s_.rng.shuffle(left_);
    }

    std::string text() {
        std::string out = opening();
        while (!left_.empty()) {
            s_.set("subject", s_.one_of({"{it}", "{it}", "{it}", "the {noun}", "{n}"}));
            const std::string ending = s_.rng.chance(20) ? take(&Fact::endings, 1) : "";
            s_.set("what", ending.empty() ? clauses(1 + s_.rng.below(3)) : "is" + ending);
            out += s_.say(" {subject} {what}.");
        }
        return with_sentence_capitals(out);
    }

  private:
    std::string say(const Fact& fact, std::string_view form) {
        s_.set("k", fact.key);
        s_.set("v", fact.value);
        return s_.say(form);
    }

    // Up to `most` of the facts left that can be said in this way, each with a blank in front.
    std::string take(Templates Fact::*way, std::size_t most) {
        std::string said;
        for (std::size_t i = 0; i < left_.size() && most > 0;) {
            if ((left_[i].*way).empty()) {
                ++i;
                continue;
            }
            said += " " + say(left_[i], s_.rng.pick(left_[i].*way));
            left_.erase(left_.begin() + static_cast<std::ptrdiff_t>(i));
            --most;
        }
        return said;
    }

    std::string clauses(std::size_t most) {
        std::vector<std::string> said;
        for (; !left_.empty() && said.size() < most; left_.pop_back())
            said.push_back(say(left_.back(), s_.rng.pick(left_.back().clauses)));
        return joined(said);
    }

    std::string opening() {
        s_.set("n", table_.name);
        s_.set("noun", table_.noun);
        s_.set("it", table_.pronoun);
        const std::string adjectives = s_.rng.chance(55) ? take(&Fact::adjectives, s_.rng.below(3)) : "";
        s_.set("thing", adjectives.empty() ? table_.noun : adjectives.substr(1) + " " + table_.noun);
        const std::string first = take(&Fact::endings, s_.rng.below(3));
        s_.set("where", first);
        if (!left_.empty() && s_.rng.chance(45)) {
            s_.set("c", clauses(1 + s_.rng.below(2)));
            return s_.one_of({"{n} is {thing.a}{where} that {c}.", "{n} is {thing.a}{where} and {c}.",
                              "the {thing} {n}{where} {c}.", "{n}, {thing.a}{where}, {c}.",
                              "there is {thing.a}{where} called {n} that {c}."});
        }
        if (!first.empty() && s_.rng.chance(30)) {
            s_.set("front", first.substr(1));
            return s_.one_of({"{front} there is {thing.a} called {n}.",
                              "{front} you will find {n}, {thing.a}.", "{front} is {thing.a} named {n}.",
                              "{front}, {n} is {thing.a}."});
        }
        return s_.one_of({"{n} is {thing.a}{where}.", "{n} is {thing.a}{where}.", "{n} is {thing.a}{where}.",
                          "there is {thing.a}{where} called {n}.", "{thing.a}{where} is {n}.",
                          "the {thing}{where} is called {n}."});
    }

    Scene& s_;
    const Table& table_;
    std::vector<Fact> left_;
};

std::string told_table(Scene& s) {
    const std::size_t domain = s.rng.below(20);
    Table table = domain < 8    ? venue(s)
                  : domain < 10 ? house(s)
                  : domain < 12 ? person(s)
                  : domain < 14 ? product(s)
                  : domain < 16 ? event(s)
                                : anything(s);
    s.rng.shuffle(table.facts);
    table.facts.resize(1 + s.rng.below(table.facts.size()));
    const bool tokens = s.rng.chance(60);
    const std::string colon = tokens || s.rng.chance(40) ? " : " : s.say("[: |: | = | - ]");
    const std::string between = s.rng.chance(60) ? " | " : s.say("[, | ; |\n| / ]");
    std::string line = s.say("[name|name|name|title|called]") + colon + table.name;
    if (s.rng.chance(65))
        line += between + s.say("[kind|kind|type|Type|what]") + colon + table.noun;
    else
        table.noun = table.any_noun;
    for (const Fact& f : table.facts) line += between + f.key + colon + f.value;
    std::string text = Telling(s, table).text();
    if (tokens) {
        line = with_pounds_apart(std::move(line));
        text = with_pounds_apart(tokenised(text));
    }
    return line + s.say("[\n|\n|\n|\n|\n|\n|\nText: | => ]") + text;
}

}  // namespace

void add_table_kinds(std::vector<Kind>& kinds) {
    kinds.push_back({"told_table", 0, told_table, false});
}

}  // namespace builtin
