// News, weather reports, sport, announcements, biographies.
#include "inflect.h"
#include "kinds.h"

namespace builtin {
namespace {

std::string local_news(Scene& s) {
    s.person("p");
    s.person("q");
    s.set("t", s.pick("town"));
    s.set("e", s.pick("event"));
    s.set("b", s.pick("building"));
    s.set("sn", s.pick("surname"));
    switch (s.rng.below(5)) {
        case 0:
            return lines(
                {s.say("the {e} in {t} was a great success."),
                 s.one_of({"more than {crowd} visitors came to the {b} on {day}.",
                           "although it was {weather_adj}, {crowd} people came."}),
                 some_of(s,
                         {"there was music, and the guests ate {dish} and {food_style}.",
                          "{p} {sn}, who organised it, was {happy}.", "the prize went to {q} from {town}.",
                          "\"we did not expect so many people,\" said {p} {sn}, the {role}.",
                          "children could {activity} and win {thing.a}.",
                          "only {vehicle.a} in the wrong place caused some trouble.",
                          "the money goes to the {building2:building}."},
                         3 + s.rng.below(3)),
                 s.one_of(
                     {"next year it will take place in {month}.", "the next one is planned for {season}."})},
                " ");
        case 1:
            return lines({s.one_of({"a fire broke out in the {b} of {t} on {day}.",
                                    "in the night to {day} there was a fire in the {b} of {t}."}),
                          s.one_of({"{job.a} saw the smoke at {clock_hour} o'clock and called for help.",
                                    "{p} {sn}, {job.a}, noticed it first."}),
                          some_of(s,
                                  {"the firefighters arrived after {number_small} minutes.",
                                   "nobody was hurt, but {many} {thing.pl} were destroyed.",
                                   "{many} people had to leave the building.",
                                   "the police do not know yet how it began.",
                                   "the {role}, {q}, thanked everyone who helped.",
                                   "only the {pet} of the owner had to be carried out."},
                                  3 + s.rng.below(2)),
                          s.one_of({"the {b} will stay closed until {month}.",
                                    "the repairs will cost about {many} thousand pounds."})},
                         " ");
        case 2:
            return lines(
                {s.one_of({"a new {b} will be built in {t}.", "the people of {t} will get a new {b}.",
                           "the old {b} of {t} is going to be rebuilt."}),
                 s.say("this was decided on {day} by the council."),
                 some_of(s,
                         {"it will cost about {many} thousand pounds.",
                          "{p} {sn}, the {role}, said: \"this is a good day for {t}.\"",
                          "some neighbours are [angry|worried|not happy], because they fear more noise.",
                          "work begins in {month} and will take {number_small} months.",
                          "\"we need {building2:building.a} more,\" said {q}, {job.a}.",
                          "the house next to it will become {eatery.a}.",
                          "an architect from {country} has drawn the plans."},
                         4 + s.rng.below(3))},
                " ");
        case 3:
            return lines({s.one_of({"{thing_adj.a} {thing} was stolen from the {b} in {t}.",
                                    "somebody stole {many} {countable.pl} from {shop.a} in {t}."}),
                          s.say("it happened on {day} at about {clock_hour} o'clock."),
                          some_of(s,
                                  {"the owner, {p} {sn}, was in the {room} and heard nothing.",
                                   "a neighbour saw {build.a} man with {hair} hair and {colour.a} {clothes}.",
                                   "the thief came through a window and left {small_thing.a} behind.",
                                   "a dog called {pet_name} barked, but nobody listened.",
                                   "the police found {thing.a} {where}.",
                                   "\"it was a present from my {relative},\" {p.he} said."},
                                  3 + s.rng.below(2)),
                          s.one_of({"if you have seen anything, please tell the police.",
                                    "two days later everything was found {where2:where}.",
                                    "the police are still looking for the thief."})},
                         " ");
        default:
            return lines(
                {s.one_of({"{animal.a} ran through the streets of {t} on {day}.",
                           "an unusual guest came to {t} on {day}: {animal.a} was sitting {where}."}),
                 s.say("{p} {sn}, {job.a}, saw it first."),
                 some_of(s,
                         {"\"I could not believe my eyes,\" {p.he} said.",
                          "it ate {food} from the table of {eatery.a}.", "{many} people took photographs.",
                          "the police closed {street} for {number_small} hours.",
                          "{q}, who works at the zoo in {town}, caught it with {fruit.a} and a rope.",
                          "nobody was hurt, but {thing.a} was broken."},
                         3 + s.rng.below(3)),
                 s.one_of({"now the animal is back home.", "the children of {t} want to give it a name.",
                           "nobody knows where it came from."})},
                " ");
    }
}

std::string weather(Scene& s) {
    auto places = s.pick_some("direction", 3);
    for (std::size_t i = 0; i < 3; ++i) s.set("d" + std::to_string(i), places[i]);
    int low = s.rng.range(-4, 20);
    s.set("low", low);
    s.set("high", low + s.rng.range(3, 11));
    s.set("today", s.pick("day"));
    return lines(
        {s.one_of({"the weather for {today}:", "weather report for {town}.", "and now the weather.",
                   "here is the weather for the [coast|hills|{direction}|weekend]."}),
         s.one_of({"it will be {weather_adj} and {weather_adj2:weather_adj} in the {d0}.",
                   "in the {d0} the day begins with {weather_noun}.",
                   "{weather_noun} will reach the {d0} in the {daytime}."}),
         some_of(
             s,
             {"in the {d1} we expect {weather_noun} and {weather_noun2:weather_noun}.",
              "the {d2} stays mostly {weather_adj}.", "{weather_adj.a} wind blows from the {direction}.",
              "later it will become {weather_adj}.", "temperatures will be between {low} and {high} degrees.",
              "at night it will be {weather_adj}, with {weather_noun} near the {outdoors}.",
              "drivers should be careful because of [fog|ice|snow|strong winds|heavy rain].",
              "do not forget your umbrella."},
             3 + s.rng.below(4)),
         s.one_of({"tomorrow will be {weather_adj} again.", "the outlook: {weather_noun} until {day}.",
                   "on {day} it will get warmer.", "no change is expected before {day}."})},
        " ");
}

std::string sport(Scene& s) {
    s.person("p");
    s.person("q");
    s.set("a", s.say("{town} {team}"));
    s.set("b", s.say("{town} {team}"));
    int win = s.rng.range(1, 5), lose = s.rng.range(0, win - 1);
    s.set("win", win);
    s.set("lose", lose == 0 ? "nil" : std::to_string(lose));
    s.set("g", s.say("[football|hockey|handball]"));
    s.set("minute", s.rng.range(2, 88));
    return lines(
        {s.one_of({"{a} beat {b} by {win} goals to {lose} on {day}.",
                   "{a} have won the {g} match against {b}: it ended {win} to {lose}.",
                   "{b} lost {win} to {lose} at home against {a}."}),
         some_of(
             s,
             {"{crowd} people watched the match.", "the first goal was scored by {p} after {minute} minutes.",
              "{q} was the best player of {b}.",
              "it was {weather_adj}, and the field was [wet|dry|muddy|hard].",
              "in the second half {p} hurt {p.his} {body} and had to leave the field.",
              "{b} had many chances, but no luck.", "\"we played {adverb},\" said the coach of {a}.",
              "the goalkeeper of {b} made {number_small} mistakes.", "after the break {b} played better."},
             4 + s.rng.below(3)),
         s.one_of({"{a} are now in [first|second|third|fourth] place.", "next week {b} will play in {town}.",
                   "the next match is on {day2:day}."})},
        " ");
}

std::string announcement(Scene& s) {
    s.person("p");
    s.set("e", s.pick("event"));
    return lines(
        {s.one_of({"on {day}, in the second week of {month}, there will be {e.a} in the {building}.",
                   "come to the {e} in {town}!", "the {building} of {town} invites everybody to {e.a}."}),
         some_of(
             s,
             {"it starts at {clock_hour} o'clock and ends at {late_hour}.",
              "tickets cost £{price}; children pay half.", "there will be {dish} and {drink}.",
              "{p} {surname} will speak about {book_topic}.",
              "the {instrument} will be played by {name_f} and {name_m}.",
              "please bring {thing.a} and warm {footwear}.",
              "if it is {weather_adj}, we will meet in the {building2:building}.",
              "you can come {travel}, as there is no place for cars.", "call {p} if you would like to help."},
             4 + s.rng.below(3)),
         s.one_of({"we look forward to seeing you.", "everyone is welcome!", "don't miss it!"})},
        " ");
}

std::string biography(Scene& s) {
    s.person("p");
    int born = s.rng.range(1790, 1960);
    s.set("born", born);
    s.set("sn", s.pick("surname"));
    s.set("young", born + s.rng.range(16, 25));
    s.set("later", born + s.rng.range(30, 50));
    s.set("died", born + s.rng.range(60, 92));
    s.set("job", s.pick("job"));
    s.set("t", s.pick("town"));
    return lines(
        {s.one_of({"{p} {sn} was born in {t} in {born}.", "{p} {sn}, {job.a}, came from {t}.",
                   "in {born} {p} {sn} was born in a small house in {t}."}),
         s.one_of({"{p.his} {older} was {job2:job.a}.", "as a child {p.he} was {good_trait} but {bad_trait}.",
                   "{p.he} had [two|three|four|five|six] brothers and sisters."}),
         s.one_of({"in {young} {p.he} went to {country} to study {subject}.",
                   "{p.he} left school in {young} and became {job.a}.",
                   "in {young} {p.he} met the famous {job3:job} {name_f} {surname}."}),
         some_of(s,
                 {"{p.he} travelled to {country2:country} and {country3:country} {travel}.",
                  "people say that {p.he} slept only [three|four|five] hours a night.",
                  "{p.he} wrote {book_kind.a} about {book_topic}.",
                  "in {later} {p.he} opened {shop.a} in {town}.",
                  "{p.he} was known for {p.his} {colour} {clothes}.",
                  "{p.he} loved {hobby} and always had {pet.a}."},
                 2 + s.rng.below(3)),
         s.one_of({"{p.he} died in {died}.", "in {died} {p.he} came back to {t} and never left it again.",
                   "today a street in {t} has {p.his} name.",
                   "{p} {sn} died in {died}; {p.his} {thing} can be seen in the {building} of {t}."})},
        " ");
}

}  // namespace

void add_news_kinds(std::vector<Kind>& kinds) {
    kinds.push_back({"local_news", 4, local_news});
    kinds.push_back({"weather", 2, weather});
    kinds.push_back({"sport", 2, sport});
    kinds.push_back({"announcement", 2, announcement});
    kinds.push_back({"biography", 3, biography});
}

}  // namespace builtin
