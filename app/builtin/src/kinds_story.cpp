// Small stories about people: lost things, journeys, contests, new skills, quarrels, surprises.
#include "inflect.h"
#include "kinds.h"

namespace builtin {
namespace {

std::string opening(Scene& s) {
    return s.one_of({"one {weather_adj} {daytime}, ", "on {day}, ", "last {season}, ", "one day in {month}, ",
                     "many years ago, ", "early one morning, ", "one evening, ", "not long ago, ",
                     "yesterday, "});
}

std::string closing(Scene& s) {
    return s.one_of(
        {"{p} never forgot that day.", "from that day on, {p} and {q} were good friends.",
         "that night {p} slept very well.", "{p} told the story to {p.his} {relative} many times.",
         "later {p} wrote {q} a long letter.",
         "\"[all's well that ends well|what a day|that was close]!\" said {q}.",
         "\"life is full of surprises,\" said {p}.", "they all laughed, and then they had {meal}.",
         "in the end everybody was {happy}.", "{p} smiled all the way home."});
}

std::string lost(Scene& s) {
    s.person("p");
    s.person("q");
    s.set("x", s.pick("small_thing"));
    auto spots = s.pick_some("where", 3);
    for (std::size_t i = 0; i < 3; ++i) s.set("w" + std::to_string(i), spots[i]);
    return lines(
        {opening(s) + s.one_of({"{p} lost {p.his} {x}.", "{p} noticed that {p.his} {x} was gone.",
                                "{p} could not find {p.his} {x}."}),
         s.one_of({"it was {thing_adj.a} {x}, a present from {p.his} {older}.",
                   "the {x} was not worth much, but {p} loved it.", "without it {p.he} could not go home.",
                   "{p.he} had bought it in {town} only a week before."}),
         s.say("{p.he} looked for it {w0}, but it was not there."),
         s.one_of({"then {p.he} searched {w1}. there was only {thing_adj.a} {thing}.",
                   "{p.he} asked {job.a} {w1}, but nobody had seen the {x}.",
                   "{p.his} {relative} helped {p.him} to look {w1}, but they found nothing."}),
         s.one_of({"{p} was {unhappy} and sat down.", "{p} felt {unhappy}.",
                   "\"where can it be?\" {p.he} thought.",
                   "after {number_small} hours {p} wanted to give up."}),
         s.one_of({"just then {q} came along. \"is this yours?\" {q.he} asked and held up the {x}.",
                   "then {p.his} friend {q} called: \"I have found your {x} {w2}!\"",
                   "but {q}, {job.a}, had picked up the {x} {w2} and brought it back.",
                   "the next morning {q} knocked at the door. {q.he} had found the {x} {w2}."}),
         s.one_of({"{p} thanked {q.him} and gave {q.him} {gift.a}.",
                   "{p} was so {happy} that {p.he} hugged {q.him}.",
                   "\"thank you, {q}!\" said {p}. \"you are very {good_trait}.\""}),
         closing(s)},
        " ");
}

std::string journey(Scene& s) {
    s.person("p");
    s.person("q");
    s.set("t", s.pick("town"));
    s.set("v", s.pick("vehicle"));
    return lines(
        {opening(s) + s.one_of({"{p} and {q} set out for {t} to visit their {rel:relative}.",
                                "{p} and {q} wanted to travel to {t}.",
                                "{p} and {p.his} friend {q} had to take {thing.a} to {t}."}),
         s.one_of({"the {v} left at {early_hour} o'clock.", "the journey took {number_small} hours.",
                   "they packed {container.a} with {food}, {food2:food} and {thing.a}.",
                   "it was a long way, and {sky}."}),
         s.one_of({"but halfway there the {v} broke down.", "but after a while it began to rain hard.",
                   "suddenly {animal.a} stood in the middle of the road.",
                   "at the {outdoors} they lost their way.",
                   "at noon {q} noticed that the {food2:food} and the map were still at home."}),
         s.one_of({"{p} did not know what to do.", "\"what shall we do now?\" asked {q}.",
                   "{p} was {unhappy}, and {q} was {unhappy2:unhappy}."}),
         s.one_of({"luckily {job.a} came by and helped them.", "{q} had {tool.a} and {adverb} went to work.",
                   "an old {q.man} let them sit by the fire until the rain stopped.",
                   "so they went on by foot, singing all the way.",
                   "they asked {job.a} for the way, and {q} drew a small map."}),
         s.one_of({"at {late_hour} o'clock they arrived at last.",
                   "late at night they saw the lights of {t}.",
                   "in the end they reached {t} {number_small} hours late."}),
         s.one_of({"there was {hot_drink}, {dish} and a warm bed.", "everyone was {happy} to see them.",
                   "\"you are late,\" said an old friend, \"but the {dish} is still warm.\""}),
         s.one_of({"\"next time we will stay at home,\" said {q}, but {q.he} smiled.",
                   "they were {happy} and fell asleep at once.", "{p} wrote it all down in {p.his} diary.",
                   "it had been a journey that they would never forget.",
                   "\"that was fun,\" said {p}. \"let us do it again!\""})},
        " ");
}

std::string contest(Scene& s) {
    s.person("p");
    s.person("q");
    s.set("e",
          s.say("[cake|singing|swimming|running|drawing|chess|cooking|skating|kite|sailing|pumpkin|story]"));
    return lines(
        {s.one_of({"every {season} there is {e.a} contest in {t:town}.",
                   "{t:town} was going to hold {e.a} contest.",
                   "on {day} the big {e} contest took place in {t:town}."}),
         s.one_of({"{p} wanted to win it more than anything.", "{p} had never won anything before.",
                   "{p} practised for {number_small} weeks, even when it was {weather_adj}.",
                   "the prize was {thing_adj.a} {prize:thing}."}),
         s.one_of({"{q}, who had won the year before, only laughed.",
                   "but {q} was said to be the best in the whole town.",
                   "\"you have no chance,\" said {q}, who was {bad_trait}.",
                   "{p.his} friend {q} promised to help."}),
         s.one_of({"on the great day {p} was so {unhappy} that {p.he} could not eat.",
                   "when the day came, {sky}.", "{many.cap} people came to watch."}),
         s.one_of({"in the middle of the contest {q} [fell|dropped {tool.a}|forgot what to do], and {p} "
                   "stopped to help {q.him}.",
                   "{p} made one mistake, but went on {adverb}.",
                   "{p} did everything {adverb} and without a mistake.",
                   "{p} thought of the words of {p.his} {older} and stayed calm."}),
         s.one_of({"the judges talked for a long time. then they called out the winner: {p}!",
                   "in the end {p} came second, and {q} came first.",
                   "{p} did not win, but everyone clapped for {p.him}.",
                   "\"the first prize goes to {p},\" said the judge."}),
         s.one_of({"{q} shook {p.his} hand.", "{p.his} {relative} was very proud of {p.him}.",
                   "{p} and {q} shared a piece of {dish}.", "\"next year I will try again,\" said {p}."}),
         closing(s)},
        " ");
}

std::string learning(Scene& s) {
    s.person("p");
    s.person("q");
    s.set("x", s.pick("learn_verb"));
    return lines(
        {s.one_of({"{p} wanted to learn to {x}.", "{p} could not {x}.",
                   "all the friends of {p} could {x}, but {p} could not."}),
         s.one_of({"\"it is too hard for me,\" {p.he} said.",
                   "every time {p.he} tried, something went wrong.",
                   "at first {p.he} was {bad_trait} and gave up quickly."}),
         s.one_of({"{p.his} {older} said: \"{q} can teach you.\"",
                   "then {p.he} met {q}, who could {x} very well.",
                   "one day {q}, {job.a}, offered to help."}),
         s.one_of({"{q} was {good_trait} and {good_trait2:good_trait}.", "{q} showed {p.him} how to begin.",
                   "\"do it slowly,\" said {q}, \"and do it every day.\""}),
         s.one_of({"they practised {where} every {day}.", "{p} practised for {number_small} weeks.",
                   "in {month} they met {number_small} times a week."}),
         s.one_of({"sometimes {p.he} was {unhappy}, but {q} never lost patience.",
                   "little by little it became easier.", "{p} made many mistakes, and {q} only smiled."}),
         s.one_of({"in {month2:month} {p} could {x} better than {p.his} {relative}.",
                   "at last {p.he} could {x} all by {p.himself}.",
                   "one morning it worked, and {p} shouted for joy."}),
         closing(s)},
        " ");
}

std::string quarrel(Scene& s) {
    s.person("p");
    s.person("q");
    s.set("x", s.pick("thing"));
    return lines(
        {s.say("{p} and {q} were [friends|neighbours|cousins] and lived in {town}."),
         s.one_of({"one day {p} borrowed {thing_adj.a} {x} from {q} and broke it.",
                   "one day they both wanted the same {x}.",
                   "one {season} {q} said something unkind about {p.his} {x}.",
                   "{q} had promised to bring {x.a}, but {q.he} forgot."}),
         s.one_of({"{p} was {unhappy}, and {q} was {unhappy2:unhappy} too.",
                   "they shouted at each other {where}.",
                   "\"you are {bad_trait}!\" said {q}. \"and you are {bad_trait2:bad_trait}!\" said {p}."}),
         s.one_of({"for {number_small} days they did not speak.", "for a whole week {p} stayed at home.",
                   "{q} crossed the road when {p} came."}),
         s.one_of({"but without {q} it was boring, and {p} had nobody to play {game} with.",
                   "then {p.his} {older} said: \"a friend is worth more than {x.a}.\"",
                   "on {day}, {q} fell ill and had to stay in bed."}),
         s.one_of({"so {p} took {gift.a} and knocked at the door of {q}.",
                   "{p} wrote a letter: \"I am sorry.\"", "{p} went there {adverb} with a pot of {food}."}),
         s.one_of({"\"I am sorry too,\" said {q}.", "{q} opened the door and smiled.",
                   "they looked at each other and began to laugh."}),
         s.one_of({"after that they shared the {x}.", "together they mended the {x}.",
                   "they {activity.ed} until it got dark."}),
         closing(s)},
        " ");
}

std::string surprise(Scene& s) {
    s.person("p");
    s.person("q");
    s.set("e", s.pick("family_event"));
    s.set("g", s.pick("gift"));
    return lines(
        {s.one_of({"it was the day of {q}'s {e}.", "{p} was planning a surprise for {q}'s {e}.",
                   "\"{q} thinks that we have forgotten the {e},\" whispered {p}."}),
         s.one_of(
             {"{p} had bought {g.a} and hidden it {where}.",
              "{p} wanted to give {q.him} {g.a}, but {p.he} had no money.",
              "everybody had to bring something: {p} brought {dish}, and {p.his} {relative} brought {g.a}."}),
         s.one_of({"{p} put up {number_small} {colour} lanterns and laid the table.",
                   "{number_small.cap} friends came and hid {where}.",
                   "{p} baked all morning, and the {room} was full of flour."}),
         s.one_of({"but then {pet.a} ran in and ate half of the cake.",
                   "but at {late_hour} o'clock {q} had still not come.", "suddenly the lights went out.",
                   "then it began to rain, and everyone had to go inside."}),
         s.one_of({"{p} {adverb} made {food} sandwiches instead.", "so they lit candles and waited {adverb}.",
                   "\"never mind,\" said {p}, \"we will sing.\""}),
         s.one_of({"when {q} opened the door, they all shouted: \"surprise!\"",
                   "at last {q} came in and could not believe {q.his} eyes.",
                   "{q} was so {happy} that {q.he} cried a little."}),
         s.one_of({"{q} opened the parcel and found {g.a}.", "\"{g.a}! just what I wanted,\" said {q}.",
                   "the {g} was {colour}, which is the favourite colour of {q}."}),
         closing(s)},
        " ");
}

std::string problem_at_home(Scene& s) {
    s.person("p");
    s.person("q");
    s.set("m", s.pick("machine"));
    return lines(
        {opening(s) +
             s.one_of({"the {m} in {p}'s house stopped working.",
                       "{p} woke up because the {m} was making a strange noise.",
                       "{p} bought {m.a}, but it did not work.", "there was water all over the floor."}),
         s.one_of({"{p} pressed every button, but nothing happened.",
                   "{p} read the instructions {number_small} times.",
                   "first {p.he} tried to mend it with {tool.a}.", "\"not again!\" said {p}."}),
         s.one_of({"that only made it worse.", "after an hour there were {many} screws on the floor.",
                   "{p} became {unhappy}."}),
         s.one_of({"so {p} called {q}, who is good with machines.",
                   "{p.his} neighbour {q} heard the noise and came over.",
                   "then {p} went to fetch {q}, {job.a}."}),
         s.one_of({"{q} looked at the {m} and smiled.", "{q} asked only one question: \"is it switched on?\"",
                   "{q} found {small_thing.a} inside."}),
         s.one_of({"after {number_small} minutes it worked again.",
                   "\"it was only {thing_adj.a} screw,\" {q.he} said.",
                   "the plug had not been in the wall at all."}),
         s.one_of({"{p} made {hot_drink} for both of them.", "{p} paid {q} with {dish}.",
                   "{p} laughed at {p.himself}."}),
         closing(s)},
        " ");
}

}  // namespace

void add_story_kinds(std::vector<Kind>& kinds) {
    kinds.push_back({"story_lost", 3, lost});
    kinds.push_back({"story_journey", 3, journey});
    kinds.push_back({"story_contest", 3, contest});
    kinds.push_back({"story_learning", 3, learning});
    kinds.push_back({"story_quarrel", 3, quarrel});
    kinds.push_back({"story_surprise", 3, surprise});
    kinds.push_back({"story_repair", 2, problem_at_home});
}

}  // namespace builtin
