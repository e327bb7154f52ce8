// Recipes, instructions, tips, rules and reviews of things.
#include "inflect.h"
#include "kinds.h"

namespace builtin {
namespace {

std::string numbered(const std::vector<std::string>& steps, bool numbers) {
    std::string out;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (numbers)
            out += "\n" + std::to_string(i + 1) + ". " + with_sentence_capitals(steps[i]);
        else
            out += (i ? " " : "\n") + with_sentence_capitals(steps[i]);
    }
    return out;
}

std::string recipe(Scene& s) {
    bool sweet = s.rng.chance(40);
    s.set("v", s.pick(sweet ? "fruit" : "vegetable"));
    s.set("d", s.say(sweet ? "{v} [cake|tart|pudding|pie|crumble|pancakes|biscuits]"
                           : "[{v} soup|{v} pie|{v} stew|{v} curry|{v} salad|baked {v.pl}|rice with "
                             "{v.pl}|chicken with {v.pl}|fish with {v.pl}|"
                             "noodles with {v.pl}|{cuisine} {v} stew]"));
    auto things = s.pick_some(sweet ? "sweet_ingredient" : "savoury_ingredient", 4);
    for (std::size_t i = 0; i < 4; ++i) s.set("i" + std::to_string(i), things[i]);
    s.set("many1", s.pick("number_small"));
    s.set("pan1", s.pick("pan"));
    s.set("cook", sweet ? "bake" : s.pick("cook_verb"));
    std::string head = s.one_of(
        {"How to make {d}", "{d.cap}", "Recipe: {d}", "{name_f}'s {d}", "{d.cap} for {number_small} people"});
    std::string needs =
        s.say("\nYou need {many1} {v.pl}, {unit_of} {i0}, {unit_of} {i1}, {unit_of} {i2} and a little {i3}.");
    std::vector<std::string> steps = {
        s.one_of({"wash the {v.pl} and cut them into [small|thin|large] pieces.",
                  "peel the {v.pl} and chop them [finely|roughly].", "cut the {many1} {v.pl} in half."}),
        s.one_of({"warm the {i0} in {pan1.a}.", "put the {i0} into {pan1.a} and stir well.",
                  "mix the {i0} with the {i1} in {pan1.a}."}),
        s.one_of({"add the {v.pl} and {cook} them for {cook_minutes:number_small} minutes.",
                  "then add the {v.pl} and let them {cook} slowly.",
                  "{cook} everything for about {cook_minutes:number_small} minutes."}),
        s.one_of({"stir in the {i2} and taste it.", "pour the {i2} over the {v.pl}.",
                  "when the {v.pl} are soft, add the {i2}."}),
        s.one_of({"cover the {pan1} and wait until it is [golden|soft|hot|done].",
                  "bake it until the top is golden.", "do not let it burn."}),
        s.one_of({"add the {i3} at the end.", "sprinkle the {i3} on top.",
                  "if it is too thick, add a little water or {i3}."}),
        s.one_of({"serve it [hot|warm|cold] with {menu_extra}.", "eat it with {menu_extra}.",
                  "it tastes even better the next day."})};
    if (s.rng.chance(35)) steps.erase(steps.begin() + static_cast<long>(3 + s.rng.below(3)));
    return head + needs + numbered(steps, s.rng.chance(50));
}

struct Guide {
    std::string_view title;
    std::vector<std::string_view> steps;
};

const std::vector<Guide>& guides() {
    static const std::vector<Guide> all = {
        {"plant a tree",
         {"choose a sunny place in the garden.", "dig a hole that is twice as wide as the roots.",
          "put the young tree into the hole and hold it straight.",
          "fill the hole with earth and press it down.", "give it {number_small} buckets of water.",
          "tie the tree to a strong stick.", "water it every {day} in the first {season}."}},
        {"write a letter",
         {"take a sheet of paper and a pen.", "write the date and the place at the top.",
          "begin with the word Dear and the name of your friend.", "tell what has happened since {month}.",
          "ask a few questions.", "sign your name at the end.",
          "put the letter in an envelope, write the address and add a stamp."}},
        {"clean a window",
         {"fill a bucket with warm water.", "add a little soap.",
          "wash the glass from top to bottom with a soft cloth.", "dry it with an old newspaper.",
          "do not forget the corners.", "stand on {hard_material.a} ladder only if somebody holds it."}},
        {"change a tyre",
         {"stop in a safe place.", "take the spare wheel and the tools from the car.",
          "loosen the screws a little.", "lift the car with the jack.",
          "take off the old wheel and put on the new one.", "lower the car and tighten the screws.",
          "drive slowly to the next garage."}},
        {"make tea",
         {"fill the kettle with fresh water and boil it.", "warm the pot.",
          "put one spoonful of tea into the pot for each person.", "pour in the hot water.",
          "wait for {number_small} minutes.", "pour the tea into the cups and add milk or sugar."}},
        {"pack a suitcase",
         {"write a list of the things that you need.", "put {footwear} and heavy things at the bottom.",
          "roll the {clothes.pl} so that they take less room.",
          "keep your passport and your money in a small bag.", "leave some room for presents.",
          "write your name on a label."}},
        {"wash a dog",
         {"wait for a warm day.", "brush the dog first.", "fill a tub with warm water.",
          "use only a little soap and keep it out of the eyes.", "rinse the dog well.",
          "dry it with {colour.a} towel.", "step back before it shakes itself."}},
        {"light a fire",
         {"collect dry wood.", "put paper and thin sticks in the middle.",
          "build a small tower of wood around them.", "light the paper with a match.",
          "add bigger pieces when the fire burns well.", "never leave it alone.",
          "at the end, put it out with water or sand."}},
        {"mend a shirt",
         {"look for thread of the same colour.", "put the thread through the needle and make a knot.",
          "hold the two edges together.", "sew with small, even stitches.",
          "make a knot at the end and cut the thread.", "iron the shirt."}},
        {"learn new words",
         {"choose {number_small} words a day.", "write each word on a small card.",
          "write the meaning on the back.", "read the cards in the {daytime}.",
          "make a sentence with every word.", "put the cards that you know into {container.a}.",
          "repeat them all on {day}."}},
        {"find your way",
         {"look at the map before you go.", "find out where north is.", "look for a tall building or a hill.",
          "count the streets that you cross.", "ask {job.a} if you are not sure.",
          "if you are lost, go back to the last place that you know."}},
        {"paint a room",
         {"take the {furniture} and the {furniture2:furniture} out of the {room}.",
          "cover the floor with old newspapers.", "open the windows.", "stir the {col} paint well.",
          "begin with the ceiling.", "paint the walls from top to bottom.",
          "let it dry for {number_small} hours and paint again.", "wash the brushes at once."}},
        {"bake bread",
         {"mix flour, salt and yeast in a large bowl.", "add warm water and stir.",
          "knead the dough for ten minutes.", "cover it and let it rise in a warm place.", "form a loaf.",
          "bake it in a hot oven for {bread_minutes}.", "let it cool before you cut it."}},
        {"look after a cat",
         {"give it food in the morning and in the evening.", "put a bowl of fresh water next to the food.",
          "brush its fur every {day}.", "play with it for some minutes.",
          "keep a warm place free for it in the {room}.", "take it to the vet when it does not eat."}},
        {"give a speech",
         {"think about what your listeners want to know.", "write down {number_small} main points.",
          "begin with a short story.", "speak slowly and look at the people.",
          "do not read every word from the paper.", "say thank you at the end."}}};
    return all;
}

std::string instructions(Scene& s) {
    const Guide& guide = s.rng.pick(guides());
    s.set("g", std::string(guide.title));
    s.set("bread_minutes", s.say("[thirty|forty|fifty] minutes"));
    s.set("col", s.pick("colour"));
    std::size_t style = s.rng.below(3);
    std::vector<std::string> steps;
    for (std::string_view step : guide.steps) steps.push_back(s.say(step));
    if (steps.size() > 5 && s.rng.chance(50))
        steps.erase(steps.begin() + static_cast<long>(1 + s.rng.below(steps.size() - 2)));
    if (style == 2) {
        static const Templates links = {"first,", "then", "next,", "after that,", "now", "then", "finally,"};
        for (std::size_t i = 0; i < steps.size(); ++i) {
            bool last = i + 1 == steps.size();
            std::string link(i == 0 ? links[0] : last ? links.back() : links[1 + s.rng.below(5)]);
            bool imperative = steps[i].rfind("if ", 0) != 0 && steps[i].rfind("at ", 0) != 0 &&
                              steps[i].rfind("never", 0) != 0 && steps[i].rfind("do not", 0) != 0;
            if (imperative) steps[i] = link + " " + steps[i];
        }
    }
    std::string head =
        s.one_of({"How to {g}", "How do you {g}?", "{name_f} explains how to {g}:", "This is how to {g}."});
    std::string tail = s.one_of({"", "", "\nGood luck!", "\nIt is easier than it sounds.",
                                 "\nThe whole thing takes about {many} minutes."});
    return head + numbered(steps, style == 0) + tail;
}

std::string rules(Scene& s) {
    s.set("b", s.say("[{building}|hotel|swimming pool|park|{room}|campsite|classroom|train]"));
    Templates list = {"please be quiet after {late_hour} o'clock.",
                      "do not run {where}.",
                      "dogs must stay outside.",
                      "smoking is not allowed.",
                      "put your rubbish into the {container}.",
                      "please do not feed the {animal.pl}.",
                      "children under {number_small} must come with an adult.",
                      "visitors may not bring {food} or {drink}.",
                      "leave {footwear} at the door.",
                      "in case of fire, use the stairs.",
                      "keep the door closed.",
                      "you must pay £{price} if you lose your {small_thing}.",
                      "return every {thing} before {day}.",
                      "ask {name_f} if you need help.",
                      "it is forbidden to touch the {thing.pl}.",
                      "always wash your hands before {meal}."};
    std::vector<std::size_t> order(list.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    s.rng.shuffle(order);
    std::vector<std::string> out;
    for (std::size_t i = 0; i < static_cast<std::size_t>(s.rng.range(4, 8)); ++i)
        out.push_back(s.say(list[order[i]]));
    return s.one_of({"Rules for the {b}", "In the {b}:", "Before you enter the {b}, please read this."}) +
           numbered(out, s.rng.chance(60));
}

std::string thing_review(Scene& s) {
    s.person("p");
    s.set("x", s.say("[{machine}|{machine}|{furniture}|{tool}|{instrument}|{book_kind}|{clothes}]"));
    bool good = s.rng.chance(50);
    Templates praise = {"it is {thing_adj} and very well made.",
                        "it works [perfectly|without any noise|better than my old one].",
                        "my {relative} likes it, too.",
                        "it arrived after only {number_small} days.",
                        "I use it every {day}.",
                        "for £{price} you cannot find a better one.",
                        "the colour, {colour}, is just right.",
                        "even {p.his} {relative} wants to have one.",
                        "it is so easy that a child can use it."};
    Templates blame = {"it is {bad_word} and badly made.",
                       "it stopped working after {number_small} days.",
                       "my {relative} laughed at it.",
                       "it arrived {number_small} weeks late.",
                       "I have used it only once.",
                       "for £{price} I had hoped for more.",
                       "the colour is not {colour}, but {colour2:colour}.",
                       "nobody answered my letters.",
                       "the instructions were only in {language}."};
    s.set("bad_word", s.say("[too heavy|too small|ugly|noisy|much too big|thin]"));
    return lines(
        {s.one_of({"I bought this {x} in {month}.", "{p} gave me this {x} for my {family_event}.",
                   "last week I ordered a new {x}.", "what do I think of my {x}?"}),
         some_of(s, good ? praise : blame, 3 + s.rng.below(3), true),
         s.rng.chance(30) ? s.say(good ? "the only problem: it is a little [heavy|small|loud|large|slow]."
                                       : "at least it was cheap.")
                          : "",
         good ? s.one_of(
                    {"I would buy it again.", "I am very {happy}.", "{p} was right: it is a wonderful {x}."})
              : s.one_of({"I have sent it back.", "I am {unhappy} and want my money back.",
                          "do not buy this {x}."})},
        " ");
}

std::string advice(Scene& s) {
    s.person("p");
    s.person("q");
    return lines(
        {s.one_of({"{p} asks: my {relative} is always {bad_trait}. what can I do?",
                   "{p} writes: I would like to {learn_verb}, but I have no time.",
                   "{p} asks: how can I sleep better?",
                   "{p} wants to know: what should I give my {relative} for the birthday?",
                   "{p} asks: I am {unhappy} at my new school. what shall I do?"}),
         s.say("{q} answers:"),
         some_of(
             s,
             {"do not be {unhappy}.", "you should {activity} more often.", "talk to your {older} about it.",
              "try to be {good_trait}.", "drink less {hot_drink} in the {daytime}.",
              "if I were you, I would {activity2:activity}.", "take {number_small} minutes a day for it.",
              "{gift.a} is always a good idea.", "{opinion} {hobby} helps.", "read a book about {hobby}.",
              "wait until {month} and then decide."},
             3 + s.rng.below(3), true),
         s.one_of({"remember: {proverb}.", "{proverb}.", "good luck!", "I hope that this helps."})},
        " ");
}

}  // namespace

void add_howto_kinds(std::vector<Kind>& kinds) {
    kinds.push_back({"recipe", 4, recipe, false});
    kinds.push_back({"instructions", 3, instructions, false});
    kinds.push_back({"rules", 1, rules, false});
    kinds.push_back({"thing_review", 3, thing_review});
    kinds.push_back({"advice", 2, advice});
}

}  // namespace builtin
