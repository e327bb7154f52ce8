// Passages with questions, comparisons, if-then, categories, order, calendar, cause and effect.
#include "inflect.h"
#include "kinds.h"

#include <algorithm>
#include <array>

namespace builtin {
namespace {

std::string passage_questions(Scene& s) {
    s.person("p");
    s.person("q");
    s.set("t", s.pick("town"));
    s.set("job", s.pick("job"));
    s.set("x", s.pick("thing"));
    s.set("c", s.pick("colour"));
    s.set("w", s.pick("where"));
    s.set("d", s.pick("day"));
    s.set("v", s.pick("travel"));
    s.set("n", s.pick("number_small"));
    s.set("f", s.pick("food"));
    s.set("sh", s.pick("shop"));
    std::vector<std::string> passage = {
        s.one_of({"{p} is {job.a} from {t}.", "{p} lives in {t} and works as {job.a}.",
                  "{p}, {job.a}, comes from {t}."}),
        s.one_of({"on {d} {p.he} went to the {sh} {v}.", "{p.he} travelled to the {sh} {v} on {d}."}),
        s.one_of({"there {p.he} bought {c.a} {x} for {p.his} friend {q}.",
                  "{p.he} wanted to find {c.a} {x} for {q}, {p.his} friend."}),
        s.one_of({"it cost {n} pounds.", "{p.he} paid {n} pounds for it."}),
        s.one_of({"later they met {w} and ate {f}.", "then {p} met {q} {w}, where they ate some {f}."})};
    struct Pair {
        std::string_view question, answer;
    };
    std::vector<Pair> pairs = {{"where does {p} come from?", "[{p.he} comes from {t}|from {t}|{t}]."},
                               {"what is {p}'s job?", "[{p.he} is {job.a}|{p} is {job.a}]."},
                               {"when did {p} go to the {sh}?", "[on {d}|{p.he} went there on {d}]."},
                               {"how did {p} get there?", "[{v}|{p.he} went {v}]."},
                               {"what did {p} buy?", "[{c.a} {x}|{p.he} bought {c.a} {x}]."},
                               {"who is {q}?", "[{q} is a friend of {p}|{p.his} friend]."},
                               {"how much did the {x} cost?", "[{n} pounds|it cost {n} pounds]."},
                               {"what colour was the {x}?", "[it was {c}|{c}]."},
                               {"where did they meet?", "[{w}|they met {w}]."},
                               {"what did they eat?", "[they ate {f}|some {f}|{f}]."}};
    s.rng.shuffle(pairs);
    std::string out = with_sentence_capitals(lines(passage, " "));
    std::size_t count = 3 + s.rng.below(4);
    std::size_t style = s.rng.below(3);
    for (std::size_t i = 0; i < count; ++i) {
        std::string question = capitalised(s.say(pairs[i].question)),
                    answer = capitalised(s.say(pairs[i].answer));
        out += style == 0   ? "\nQ: " + question + "\nA: " + answer
               : style == 1 ? "\n" + question + " " + answer
                            : "\nQuestion: " + question + " Answer: " + answer;
    }
    return out;
}

struct Scale {
    std::string_view adjective, comparative, superlative, opposite;
};
constexpr std::array<Scale, 8> kScales = {{{"tall", "taller", "tallest", "shorter"},
                                           {"old", "older", "oldest", "younger"},
                                           {"fast", "faster", "fastest", "slower"},
                                           {"strong", "stronger", "strongest", "weaker"},
                                           {"rich", "richer", "richest", "poorer"},
                                           {"heavy", "heavier", "heaviest", "lighter"},
                                           {"early", "earlier", "earliest", "later"},
                                           {"happy", "happier", "happiest", "sadder"}}};

std::string ordering(Scene& s) {
    const Scale& scale = s.rng.pick(kScales);
    s.person("a");
    s.person("b");
    s.person("c");
    s.set("er", std::string(scale.comparative));
    s.set("est", std::string(scale.superlative));
    s.set("op", std::string(scale.opposite));
    bool early = scale.adjective == "early";
    s.set("is", early ? "gets up" : "is");
    std::string facts = s.rng.chance(50) ? s.say("{a} {is} {er} than {b}. {b} {is} {er} than {c}.")
                                         : s.say("{b} {is} {er} than {c}, but {a} {is} {er} than {b}.");
    std::string rest = s.one_of({"who {is} {early_the}{est}? {a}.", "so {a} {is} {er} than {c}.",
                                 "{c} {is} {op} than {a}. so {a} {is} {early_the}{est} of the three.",
                                 "does this mean that {a} {is} {er} than {c}? yes.",
                                 "does this mean that {c} {is} {er} than {a}? no, {c} {is} {op}."});
    return facts + " " + rest;
}

std::string orderings(Scene& s) {
    std::vector<std::string> rows;
    int count = s.rng.range(2, 4);
    for (int i = 0; i < count; ++i) {
        Scene inner(s.rng);
        inner.set("early_the", "the ");
        rows.push_back(ordering(inner));
    }
    return lines(rows);
}

struct Category {
    std::string_view name, list;
};
constexpr std::array<Category, 12> kCategories = {{{"fruit", "fruit"},
                                                   {"animal", "animal"},
                                                   {"bird", "bird"},
                                                   {"colour", "colour"},
                                                   {"tool", "tool"},
                                                   {"vegetable", "vegetable"},
                                                   {"job", "job"},
                                                   {"musical instrument", "instrument"},
                                                   {"flower", "flower"},
                                                   {"piece of furniture", "furniture"},
                                                   {"drink", "drink"},
                                                   {"country", "country"}}};

std::string categories(Scene& s) {
    std::vector<std::string> rows;
    int count = s.rng.range(4, 8);
    for (int i = 0; i < count; ++i) {
        std::size_t first = s.rng.below(kCategories.size());
        std::size_t other = (first + 1 + s.rng.below(kCategories.size() - 1)) % kCategories.size();
        const Category& in = kCategories[first];
        const Category& out = kCategories[other];
        auto words = s.pick_some(in.list, 3);
        std::string odd = s.pick(out.list);
        if (std::find(words.begin(), words.end(), odd) != words.end()) continue;
        Scene line(s.rng);
        line.set("x", words[0]);
        line.set("y", words[1]);
        line.set("z", words[2]);
        line.set("odd", odd);
        line.set("k", std::string(in.name));
        line.set("o", std::string(out.name));
        std::vector<std::string> four = {words[0], words[1], words[2], odd};
        s.rng.shuffle(four);
        line.set("four", joined(four));
        bool uncountable = in.list == "drink" || in.list == "country" || in.list == "colour";
        if (uncountable)
            rows.push_back(line.one_of({"{x}, {y} and {z} are all {k.pl}.",
                                        "which of these is not {k.a}: {four}? {odd}, because it is {o.a}.",
                                        "name three {k.pl}: {x}, {y}, {z}."}));
        else
            rows.push_back(
                line.one_of({"{x.a} is {k.a}. {y.a} is {k.a}, too.", "what is {x.a}? {x.a} is {k.a}.",
                             "{x}, {y} and {z} are all {k.pl}.", "is {x.a} {o.a}? no, it is {k.a}.",
                             "which word does not belong: {four}? {odd}, because the others are {k.pl}.",
                             "name three {k.pl}: {x}, {y}, {z}.", "is {y.a} {k.a}? yes."}));
    }
    return lines(rows);
}

std::string calendar(Scene& s) {
    static constexpr std::array<std::string_view, 7> days = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                             "Friday", "Saturday", "Sunday"};
    static constexpr std::array<std::string_view, 12> months = {
        "January", "February", "March",     "April",   "May",      "June",
        "July",    "August",   "September", "October", "November", "December"};
    std::vector<std::string> rows;
    int count = s.rng.range(4, 7);
    for (int i = 0; i < count; ++i) {
        Scene line(s.rng);
        std::size_t d = s.rng.below(7), m = s.rng.below(12);
        line.set("d", std::string(days[d]));
        line.set("next", std::string(days[(d + 1) % 7]));
        line.set("after", std::string(days[(d + 2) % 7]));
        line.set("before", std::string(days[(d + 6) % 7]));
        line.set("m", std::string(months[m]));
        line.set("mnext", std::string(months[(m + 1) % 12]));
        line.set("mbefore", std::string(months[(m + 11) % 12]));
        line.set("season", m < 2 || m == 11 ? "winter" : m < 5 ? "spring" : m < 8 ? "summer" : "autumn");
        line.person("p");
        rows.push_back(
            line.one_of({"today is {d}, so tomorrow is {next}.", "the day before {d} is {before}.",
                         "if today is {d}, the day after tomorrow is {after}.", "after {m} comes {mnext}.",
                         "which month comes before {m}? {mbefore}.", "{m} is in {season}.",
                         "yesterday was {before}. what day is it today? {d}.",
                         "{p} comes one day after {d}, that is on {next}.",
                         "{p}'s birthday is in {m}, one month before {mnext}."}));
    }
    return lines(rows);
}

struct Cause {
    std::string_view cause, effect;
};
constexpr std::array<Cause, 24> kCauses = {{{"it rained all night", "the streets were wet"},
                                            {"the sun was very hot", "the ice cream melted"},
                                            {"nobody watered the flowers", "they died"},
                                            {"{p} forgot the key", "{p.he} could not open the door"},
                                            {"the wind was strong", "the hat flew away"},
                                            {"{p} did not sleep well", "{p.he} was tired"},
                                            {"the lamp was broken", "the room was dark"},
                                            {"the bus was late", "{p} missed the train"},
                                            {"{p} practised every day", "{p.he} played very well"},
                                            {"the soup was too hot", "{p} burned {p.his} tongue"},
                                            {"it was very cold", "the lake froze"},
                                            {"the shop was closed", "{p} came home without bread"},
                                            {"{p} ate too much cake", "{p.he} had a stomach ache"},
                                            {"the battery was empty", "the radio did not work"},
                                            {"the cat saw a mouse", "it jumped off the chair"},
                                            {"the road was icy", "{p} drove slowly"},
                                            {"{p} left the window open", "a bird flew in"},
                                            {"the music was loud", "the baby woke up"},
                                            {"the bag was too heavy", "{p} could not lift it"},
                                            {"{p} helped everybody", "{p.he} had many friends"},
                                            {"the bridge was closed", "they took the ferry"},
                                            {"{p} read the map wrongly", "they got lost"},
                                            {"the milk was old", "it tasted sour"},
                                            {"the dog was hungry", "it ate the sausages"}}};

std::string causes(Scene& s) {
    std::vector<std::string> rows;
    std::vector<Cause> pairs(kCauses.begin(), kCauses.end());
    s.rng.shuffle(pairs);
    pairs.resize(static_cast<std::size_t>(s.rng.range(4, 7)));
    for (const Cause& cause : pairs) {
        Scene line(s.rng);
        line.person("p");
        line.set("c", line.say(cause.cause));
        line.set("e", line.say(cause.effect));
        rows.push_back(
            line.one_of({"{c}, so {e}.", "{e}, because {c}.", "because {c}, {e}.", "{c}. that is why {e}.",
                         "why is it that {e}? because {c}.", "what happened when {c}? {e}."}));
    }
    return lines(rows);
}

std::string moving(Scene& s) {
    s.person("p");
    s.person("q");
    auto rooms = s.pick_some("room", 3);
    for (std::size_t i = 0; i < 3; ++i) s.set("r" + std::to_string(i), rooms[i]);
    s.set("x", s.pick("thing"));
    s.set("y", s.pick("small_thing"));
    std::vector<std::string> parts = {
        s.say("{p} is in the {r0}. {q} is in the {r1}."), s.say("{p} takes the {x}."),
        s.say("then {p.he} goes to the {r2}."),
        s.one_of({"{q} picks up {y.a} and stays where {q.he} is.", "{q} follows {p.him} to the {r2}.",
                  "{q} reads {book_kind.a}."})};
    bool follows = parts.back().find("follows") != std::string::npos;
    bool drops = s.rng.chance(40);
    if (drops) parts.push_back(s.say("there {p} puts down the {x} and goes back to the {r0}."));
    s.set("where_p", s.get(drops ? "r0" : "r2"));
    s.set("where_q", s.get(follows ? "r2" : "r1"));
    parts.push_back(s.say("where is {p} now? in the {where_p}."));
    parts.push_back(s.say("where is the {x}? in the {r2}."));
    parts.push_back(s.say("where is {q}? in the {where_q}."));
    if (s.rng.chance(50)) parts.push_back(s.say("who took the {x}? {p}."));
    return lines(parts, " ");
}

}  // namespace

void add_reason_kinds(std::vector<Kind>& kinds) {
    kinds.push_back({"passage_questions", 5, passage_questions, false});
    kinds.push_back({"orderings", 2, orderings});
    kinds.push_back({"categories", 2, categories});
    kinds.push_back({"calendar", 1, calendar});
    kinds.push_back({"causes", 2, causes});
    kinds.push_back({"moving", 2, moving});
}

}  // namespace builtin
