// Fables with animals, fairy tales, rescues, discoveries: another sort of story than those about neighbours.
#include "inflect.h"
#include "kinds.h"

namespace builtin {
namespace {

std::string fable(Scene& s) {
    auto animals = s.pick_some("animal", 2);
    s.set("a", animals[0]);
    s.set("b", animals[1]);
    s.set("f", s.pick("food"));
    s.set("ta", s.pick("good_trait"));
    s.set("tb", s.pick("bad_trait"));
    return lines(
        {s.one_of({"once upon a time {a.a} and {b.a} lived in the same {outdoors}.",
                   "{a.a} met {b.a} on the way to the {outdoors}.",
                   "long ago there was {ta.a} {a}, and near it lived {tb.a} {b}."}),
         s.one_of({"the {a} was {ta}, but the {b} was {tb}.", "the {b} always laughed at the {a}.",
                   "the {a} worked all {season}, while the {b} slept in the sun."}),
         s.one_of({"one day the {b} found some {f} and did not want to share it.",
                   "then came a hard winter, and the {b} had nothing to eat.",
                   "one day the {b} fell into a deep hole.",
                   "one day the {b} said: \"I am faster than you. let us race to the {outdoors2:outdoors}!\"",
                   "one night a storm broke the house of the {b}."}),
         s.one_of({"\"please help me,\" said the {b}.", "the {b} called for help, but nobody came.",
                   "the {b} did not listen to anyone."}),
         s.one_of({"the {a} thought for a while.", "the other animals said: \"let it be!\"",
                   "\"why should I?\" asked the {a}, but it was too {ta} to go away."}),
         s.one_of({"then the {a} brought {f} and a warm blanket.",
                   "then the {a} took a long rope and pulled as hard as it could.",
                   "so the {a} shared everything with the {b}.",
                   "the {a} called {number_small} friends, and together they helped."}),
         s.one_of({"\"I was {tb},\" said the {b}. \"I am sorry.\"",
                   "the {b} was ashamed and thanked the {a}.",
                   "from then on the {b} never laughed at the {a} again."}),
         s.one_of({"so remember: {proverb}.", "and since that day {a.pl} and {b.pl} have been friends.",
                   "a friend in need is a friend indeed.", "it is better to be {ta} than to be {tb}."})},
        " ");
}

std::string fairy_tale(Scene& s) {
    s.person("p");
    s.set("who", s.get("p.he") == "she"
                     ? "[a poor girl|a young queen|the daughter of a miller|an old witch|a princess]"
                     : "[a poor boy|a young king|the son of a miller|an old wizard|a prince]");
    s.set("who", s.say(s.get("who")));
    s.set("x", s.pick("thing"));
    return lines(
        {s.one_of({"once upon a time there lived {who} called {p}.",
                   "long ago, in a land behind {number_small} mountains, there was {who} named {p}.",
                   "in a small house at the edge of the {outdoors} lived {who} whose name was {p}."}),
         s.one_of({"{p.he} had nothing but {thing_adj.a} {x}.",
                   "{p.he} was {good_trait} and had never been afraid.",
                   "every night {p.he} dreamed of {thing_adj.a} {x}."}),
         s.one_of({"one day {p.he} met {animal.a} that could speak.",
                   "one day an old [man|woman] knocked at the door and asked for {food}.",
                   "then a dragon came and took all the {food} of the land."}),
         s.one_of({"\"give me your {x},\" said a voice, \"and you may make a wish.\"",
                   "\"go to the {outdoors2:outdoors} and look under the {tree},\" said a voice.",
                   "\"only {good_trait.a} heart can help us,\" said the people."}),
         s.one_of({"{p} walked for {number_small} days and {number_small} nights.",
                   "{p} crossed the {outdoors}, the {outdoors2:outdoors} and the river.",
                   "{p} took {p.his} {x} and set out at once."}),
         s.one_of({"there {p.he} found a golden {thing}.",
                   "in a cave {p.he} saw {many} {thing.pl} made of {material}.",
                   "behind {colour.a} door sat a giant, who was crying because he was {unhappy}."}),
         s.one_of({"{p} used the {x} and broke the spell.",
                   "{p} asked three questions, and the third was the right one.",
                   "with the help of {bird.a} {p.he} found the way.",
                   "{p} played the {instrument}, and everybody fell asleep."}),
         s.one_of({"and they lived happily ever after.", "since that day nobody in the land has been hungry.",
                   "and if {p.he} has not moved away, {p.he} still lives there.",
                   "the people danced for {number_small} days."})},
        " ");
}

std::string rescue(Scene& s) {
    s.person("p");
    s.person("q");
    s.set("a", s.say("[kitten|puppy|dog|duck|lamb|owl|goat|rabbit|pony|swan]"));
    return lines(
        {s.one_of({"on the way home {p} heard a strange sound.",
                   "{p} was walking {where} when {p.he} heard something.",
                   "one {weather_adj} {daytime} {p} saw something move {where}."}),
         s.one_of({"it was a small {a} that had hurt its leg.", "{a.a} was caught in an old net.",
                   "{a.a} had fallen into the water and could not get out.",
                   "under a bush sat {colour.a} {a}, wet and cold."}),
         s.one_of({"\"you poor thing,\" said {p}.", "{p} did not know what to do.",
                   "{p} looked around, but there was nobody else."}),
         s.one_of({"{p.he} wrapped it in {p.his} {clothes} and carried it home.",
                   "{p.he} ran to fetch {q}, {job.a}.", "{p.he} cut the net with a knife.",
                   "{adverb} {p.he} took it in {p.his} arms."}),
         s.one_of({"{q} gave it warm milk.", "{q}, the vet, said: \"it will live, but it needs rest.\"",
                   "{p.his} {relative} made a bed for it in {container.a}."}),
         s.one_of({"for {number_small} days the {a} only slept.", "{p} fed it every {number_small} hours.",
                   "{p} called it {n:pet_name}."}),
         s.one_of({"after {number_small} weeks it could run again.", "in {month} it was healthy and strong.",
                   "soon it followed {p} everywhere."}),
         s.one_of({"{p} was {unhappy} when it went back to the {outdoors}, but also {happy}.",
                   "it stayed with {p} for many years.",
                   "sometimes it still comes to the door and waits for {p}.",
                   "\"you have been very {good_trait},\" said {q}."})},
        " ");
}

std::string discovery(Scene& s) {
    s.person("p");
    s.person("q");
    s.set("x", s.pick("thing"));
    return lines(
        {s.one_of({"{p} was digging in the garden when {p.his} spade hit something hard.",
                   "behind the wall of the {room} {p} found a small door.",
                   "in the attic of the old house {p} discovered {thing_adj.a} box.",
                   "{p} bought {thing_adj.a} {furniture} at the market, and inside it was a letter."}),
         s.one_of({"{p.he} called {q} at once.",
                   "\"come and look at this!\" {p.he} shouted, and {q} came running.",
                   "{q} did not believe it at first."}),
         s.one_of({"together they opened it {adverb}.", "it took them {number_small} hours to open it.",
                   "they needed {tool.a} to get it open."}),
         s.one_of({"inside lay {thing_adj.a} {x} and an old map.",
                   "there was nothing in it but {x.a} and some dust.",
                   "they found {many} old coins and {x.a} made of {material}.",
                   "they saw {x.a} wrapped in {colour} cloth."}),
         s.one_of({"\"it must have belonged to {job.a},\" said {q}.",
                   "on the {x} was written the name of {name_f} {surname}.",
                   "the map showed the way to the {outdoors}.",
                   "somebody had written a date on it: {many} years ago."}),
         s.one_of({"they took it to the museum in {town}.", "they asked {job.a} what it was worth.",
                   "{p} wanted to sell it, but {q} wanted to keep it.",
                   "{p.his} {older} told them an old story about it."}),
         s.one_of({"it was worth {many} pounds.", "it turned out to be more than {many} years old.",
                   "nobody could say where it came from.", "\"this is a great find,\" said the {job}."}),
         s.one_of({"now it stands on the shelf in the {room2:room}.", "today you can see it in the museum.",
                   "with the money they {past_activity} in {country}.",
                   "since then {p} digs in the garden every {day}."})},
        " ");
}

std::string weekend(Scene& s) {
    s.person("p");
    s.person("q");
    auto acts = s.pick_some("activity", 4);
    for (std::size_t i = 0; i < 4; ++i) s.set("a" + std::to_string(i), acts[i]);
    return lines(
        {s.one_of({"last weekend {p} and {q} wanted to {a0}.", "{p} had promised {q} to {a0} on Saturday.",
                   "it was Saturday, and {p} asked {q}: \"shall we {a0}?\""}),
         s.one_of({"but in the morning there was {weather_noun}, and they had to wait.",
                   "they got up early and took the {vehicle} to {town}.",
                   "at {early_hour} o'clock they were ready."}),
         s.one_of({"{q} had brought {food}, {fruit.pl} and {drink}.",
                   "{p} carried {thing.a}, and {q} carried the {food}.",
                   "{q.his} {relative} came with them."}),
         s.one_of({"first they {a1.ed}, and then they {a2.ed}.", "after they had {a1.en}, they {a2.ed}.",
                   "while {p} {a1.ed}, {q} {adverb} {a2.ed}."}),
         s.one_of({"near the {outdoors} they met {name_m}, who was {happy} to see them.",
                   "in {eatery.a} called {venue} they ate {dish}.",
                   "suddenly {q} shouted: \"look, {animal.a}!\""}),
         s.one_of({"{p} took {many} photographs.", "{q} laughed so much that {q.he} dropped the {drink}.",
                   "they talked about {book_topic} until it was dark."}),
         s.one_of({"on the way back they sang songs.", "at {late_hour} they were home again.",
                   "on Sunday they {a3.ed}, too."}),
         s.one_of({"\"next week we could go by {vehicle2:vehicle},\" said {q}.",
                   "it was the best weekend of the {season}.", "they were tired but {happy2:happy}.",
                   "\"I could do this every week,\" said {p}."})},
        " ");
}

}  // namespace

void add_tale_kinds(std::vector<Kind>& kinds) {
    kinds.push_back({"fable", 4, fable});
    kinds.push_back({"fairy_tale", 3, fairy_tale});
    kinds.push_back({"rescue", 3, rescue});
    kinds.push_back({"discovery", 3, discovery});
    kinds.push_back({"weekend", 3, weekend});
}

}  // namespace builtin
