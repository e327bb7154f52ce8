// About words: definitions, opposites, tenses, plurals, rhymes, riddles, opinions.
#include "inflect.h"
#include "kinds.h"

#include <array>

namespace builtin {
namespace {

struct Meaning {
    std::string_view word, meaning;
};
constexpr std::array<Meaning, 44> kMeanings = {
    {{"harbour", "a place where ships are safe"},
     {"bakery", "a shop where bread is made and sold"},
     {"kettle", "a pot for boiling water"},
     {"island", "a piece of land with water all around it"},
     {"library", "a place where you can borrow books"},
     {"lantern", "a lamp that you can carry"},
     {"orchard", "a garden full of fruit trees"},
     {"thief", "a person who steals"},
     {"village", "a very small town"},
     {"dictionary", "a book that explains words"},
     {"umbrella", "a thing that keeps you dry in the rain"},
     {"neighbour", "a person who lives next door"},
     {"winter", "the coldest time of the year"},
     {"ladder", "a thing that you climb to reach high places"},
     {"soup", "a hot food that you eat with a spoon"},
     {"clock", "a machine that shows the time"},
     {"pilot", "a person who flies a plane"},
     {"stable", "a house for horses"},
     {"breakfast", "the first meal of the day"},
     {"ferry", "a boat that takes people across the water"},
     {"cottage", "a small house in the country"},
     {"envelope", "a paper cover for a letter"},
     {"desert", "a dry place where little rain falls"},
     {"storm", "very bad weather with strong wind"},
     {"needle", "a thin piece of metal for sewing"},
     {"guest", "a person who is invited to a house"},
     {"bridge", "a way over a river"},
     {"secret", "something that nobody else may know"},
     {"uncle", "the brother of your mother or father"},
     {"museum", "a house where old and beautiful things are shown"},
     {"forest", "a large place with many trees"},
     {"compass", "a thing that shows where north is"},
     {"menu", "a list of the food in a restaurant"},
     {"customer", "a person who buys something"},
     {"holiday", "a time when you do not have to work"},
     {"puddle", "a little water on the ground after rain"},
     {"wallet", "a small case for money"},
     {"author", "a person who writes books"},
     {"dawn", "the time when the sun rises"},
     {"cellar", "a room under the house"},
     {"crowd", "many people in one place"},
     {"ticket", "a piece of paper that lets you travel or enter"},
     {"rumour", "a story that may not be true"},
     {"recipe", "a text that tells you how to cook a dish"}}};

std::string definitions(Scene& s) {
    std::vector<std::string> rows;
    std::size_t style = s.rng.below(4);
    std::vector<std::size_t> order(kMeanings.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    s.rng.shuffle(order);
    int count = s.rng.range(4, 7);
    for (int i = 0; i < count; ++i) {
        const Meaning& m = kMeanings[order[static_cast<std::size_t>(i)]];
        Scene line(s.rng);
        line.set("w", std::string(m.word));
        line.set("m", std::string(m.meaning));
        line.person("p");
        if (style == 0)
            rows.push_back(line.say("{w.cap}: {m}"));
        else if (style == 1)
            rows.push_back(
                line.one_of({"what is {w.a}? it is {m}.", "what do we call {m}? {w.a}.", "{w.a} is {m}."}));
        else if (style == 2)
            rows.push_back(line.one_of({"what does the word {w} mean? {m}.", "the word {w} means {m}.",
                                        "{p} did not know the word {w}. it means {m}."}));
        else
            rows.push_back(line.say("{w.cap} - {m}"));
    }
    return lines(rows);
}

struct Opposite {
    std::string_view a, b;
};
constexpr std::array<Opposite, 34> kOpposites = {
    {{"hot", "cold"},    {"big", "small"},      {"old", "new"},        {"fast", "slow"},
     {"loud", "quiet"},  {"light", "dark"},     {"full", "empty"},     {"rich", "poor"},
     {"early", "late"},  {"open", "closed"},    {"hard", "soft"},      {"wet", "dry"},
     {"long", "short"},  {"happy", "sad"},      {"clean", "dirty"},    {"cheap", "expensive"},
     {"strong", "weak"}, {"easy", "difficult"}, {"high", "low"},       {"near", "far"},
     {"right", "wrong"}, {"first", "last"},     {"polite", "rude"},    {"brave", "afraid"},
     {"thick", "thin"},  {"wide", "narrow"},    {"sweet", "bitter"},   {"deep", "shallow"},
     {"alive", "dead"},  {"young", "old"},      {"safe", "dangerous"}, {"awake", "asleep"},
     {"heavy", "light"}, {"sharp", "blunt"}}};

std::string opposites(Scene& s) {
    std::vector<std::string> rows;
    std::vector<Opposite> pairs(kOpposites.begin(), kOpposites.end());
    s.rng.shuffle(pairs);
    pairs.resize(static_cast<std::size_t>(s.rng.range(4, 8)));
    for (const Opposite& pair : pairs) {
        Scene line(s.rng);
        bool swap = s.rng.chance(50);
        line.set("x", std::string(swap ? pair.b : pair.a));
        line.set("y", std::string(swap ? pair.a : pair.b));
        line.person("p");
        line.person("q");
        rows.push_back(
            line.one_of({"the opposite of {x} is {y}.", "what is the opposite of {x}? {y}.",
                         "not {x}, but {y}.", "{x} and {y} are opposites.", "{p} says {x}, and {q} says {y}.",
                         "something that is not {x} may be {y}."}));
    }
    return lines(rows);
}

std::string tenses(Scene& s) {
    std::vector<std::string> rows;
    std::size_t style = s.rng.below(3);
    auto verbs =
        s.pick_some(s.rng.chance(50) ? "activity" : "chore", static_cast<std::size_t>(s.rng.range(3, 5)));
    for (const std::string& verb : verbs) {
        Scene line(s.rng);
        line.person("p");
        line.set("v", verb);
        if (style == 0)
            rows.push_back(line.say("Now: {p} {v.s}. Yesterday: {p} {v.ed}. Tomorrow: {p} will {v}."));
        else if (style == 1)
            rows.push_back(
                line.say("{p} is {v.ing} now. {p.he.cap} {v.ed} last {day} as well, and {p.he} has {v.en} "
                         "many times before."));
        else
            rows.push_back(line.say(
                "Does {p} {v}? Yes, {p} {v.s}. Did {p} {v} [yesterday|on {day}]? No, {p} did not {v}."));
    }
    return lines(rows);
}

std::string plurals(Scene& s) {
    std::vector<std::string> rows;
    auto nouns = s.pick_some(s.rng.chance(40)   ? "thing"
                             : s.rng.chance(50) ? "animal"
                                                : "job",
                             static_cast<std::size_t>(s.rng.range(5, 9)));
    std::size_t style = s.rng.below(3);
    for (const std::string& noun : nouns) {
        Scene line(s.rng);
        line.set("n", noun);
        rows.push_back(style == 0   ? line.say("one {n}, two {n.pl}")
                       : style == 1 ? line.say("{n.a}, {number_small} {n.pl}")
                                    : line.say("{n} - {n.pl}"));
    }
    return lines(rows);
}

struct Rhyme {
    std::string_view sound;
    std::vector<std::string_view> words;
};

std::string rhymes(Scene& s) {
    static const std::vector<Rhyme> all = {{"at", {"cat", "hat", "mat", "bat", "rat", "flat"}},
                                           {"ight", {"light", "night", "bright", "kite", "white", "right"}},
                                           {"ay", {"day", "way", "play", "grey", "clay", "stay"}},
                                           {"ee", {"tree", "sea", "bee", "tea", "key", "free"}},
                                           {"ain", {"rain", "train", "plain", "lane", "chain", "again"}},
                                           {"ound", {"round", "sound", "found", "ground", "hound"}},
                                           {"ore", {"door", "floor", "shore", "more", "four", "store"}},
                                           {"all", {"wall", "ball", "tall", "small", "hall", "fall"}},
                                           {"ake", {"lake", "cake", "snake", "wake", "bake"}},
                                           {"ing", {"king", "ring", "sing", "spring", "wing", "string"}},
                                           {"own", {"town", "brown", "crown", "down", "gown"}},
                                           {"air", {"bear", "chair", "hair", "stair", "pear", "square"}},
                                           {"oon", {"moon", "spoon", "soon", "noon", "tune"}},
                                           {"ock", {"clock", "rock", "sock", "lock", "knock"}},
                                           {"ill", {"hill", "mill", "still", "will", "bill"}}};
    const Rhyme& rhyme = s.rng.pick(all);
    std::vector<std::string_view> words = rhyme.words;
    s.rng.shuffle(words);
    s.person("p");
    for (std::size_t i = 0; i < 4; ++i) s.set("w" + std::to_string(i), std::string(words[i]));
    if (s.rng.chance(40))
        return s.one_of({"{w0} rhymes with {w1}, and {w2} rhymes with {w3}.",
                         "which words rhyme with {w0}? {w1}, {w2} and {w3}.",
                         "{p} needs a word that rhymes with {w0}. what about {w1}, {w2} or {w3}?"}) +
               " " +
               s.one_of({"{p} learns them all by heart.", "{p} writes them into {p.his} book.",
                         "they sound alike at the end."});
    std::vector<std::string> rows = {
        s.one_of({"{p} was looking for a word like {w0},", "one {weather_adj} {daytime} they talked of {w0},",
                  "the {animal} dreamed of something like {w0},"}),
        s.one_of({"and then {p.he} thought of the word {w1}.", "and {name_f} sang of {colour} {w1}.",
                  "and near it was a thing called {w1}."}),
        s.one_of({"the {bird} said: give me the word {w2},", "the {animal} asked for nothing but {w2},",
                  "the {job} came and spoke of {w2},"}),
        s.one_of({"and that was the end, with {w3}.", "and everybody answered: {w3}!",
                  "and all of them went home with {w3}."})};
    return lines(rows);
}

struct Riddle {
    std::string_view clue, answer;
};

std::string riddles(Scene& s) {
    static const std::vector<Riddle> all = {{"it has hands but cannot clap", "a clock"},
                                            {"it has teeth but cannot bite", "a comb"},
                                            {"it has legs but cannot walk", "a table"},
                                            {"it has an eye but cannot see", "a needle"},
                                            {"it has keys but opens no door", "a piano"},
                                            {"it has a neck but no head", "a bottle"},
                                            {"it falls in winter and is white and soft", "snow"},
                                            {"it is yellow and warms the earth", "the sun"},
                                            {"it has pages but is not a tree", "a book"},
                                            {"it gets wet while it dries you", "a towel"},
                                            {"it has wheels and two pedals", "a bicycle"},
                                            {"it lives in a shell and is very slow", "a snail"},
                                            {"it tells you the way without a word", "a map"},
                                            {"it is round and children kick it", "a ball"},
                                            {"it rings in the morning and nobody likes it", "an alarm clock"},
                                            {"it carries its house on its back", "a tortoise"},
                                            {"it runs but has no legs", "a river"},
                                            {"it grows shorter when it burns", "a candle"},
                                            {"it has many rooms and a bee in each", "a hive"},
                                            {"it goes up when the rain comes down", "an umbrella"}};
    std::vector<std::string> rows;
    std::vector<std::size_t> order(all.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    s.rng.shuffle(order);
    int count = s.rng.range(3, 5);
    for (int i = 0; i < count; ++i) {
        const Riddle& riddle = all[order[static_cast<std::size_t>(i)]];
        Scene line(s.rng);
        line.person("p");
        line.set("c", std::string(riddle.clue));
        line.set("a", std::string(riddle.answer));
        rows.push_back(
            line.one_of({"{c}. what is it? {a}.", "{p} asks: what is it that we mean when we say {c}? {a}!",
                         "guess: {c}. the answer is {a}.", "{c}. {p} knew at once: it is {a}."}));
    }
    return lines(rows);
}

std::string opinions(Scene& s) {
    s.person("p");
    s.person("q");
    auto acts = s.pick_some("hobby", 2);
    s.set("a", acts[0]);
    s.set("b", acts[1]);
    return lines(
        {s.one_of({"{p} likes {a}, but {q} prefers {b}.", "what is better, {a} or {b}?",
                   "{p} and {q} often talk about {a} and {b}.", "is {a} better than {b}?"}),
         s.say("{p} says: \"{opinion} {a} is [healthy|interesting|good for the mind|not expensive|fun].\""),
         some_of(s,
                 {"\"besides, you meet {good_trait} people,\" {p.he} adds.",
                  "{q} answers that {b} needs less time.", "\"{link}, you need {thing.a} for it,\" says {q}.",
                  "{p.his} {relative} thinks that both are [boring|too expensive|wonderful|a waste of time].",
                  "{q} has tried {a} once, but {q.he} was too {bad_trait}.",
                  "for {a} you need {skill}, and for {b} you need {skill2:skill}.",
                  "in {season} {b} is more fun, in {season2:season} it is {a}."},
                 2 + s.rng.below(3)),
         s.one_of({"in the end they agree that everyone should do what makes them {happy}.",
                   "so {p} goes on with {a}, and {q} with {b}.", "they will never agree.",
                   "perhaps they should try {hobby} together."})},
        " ");
}

}  // namespace

void add_language_kinds(std::vector<Kind>& kinds) {
    kinds.push_back({"definitions", 2, definitions});
    kinds.push_back({"opposites", 1, opposites});
    kinds.push_back({"tenses", 2, tenses, false});
    kinds.push_back({"plurals", 1, plurals, false});
    kinds.push_back({"rhymes", 1, rhymes});
    kinds.push_back({"riddles", 1, riddles});
    kinds.push_back({"opinions", 2, opinions});
}

}  // namespace builtin
