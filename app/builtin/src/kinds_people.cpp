// People, jobs, animals, families, days.
#include "inflect.h"
#include "kinds.h"

#include <array>

namespace builtin {
namespace {

struct JobFacts {
    std::string_view job, place, does, needs;
};
constexpr std::array<JobFacts, 30> kJobs = {{
    {"baker", "in a bakery", "bake bread and cakes", "an oven and flour"},
    {"teacher", "at a school", "teach children", "patience and chalk"},
    {"nurse", "in a hospital", "look after sick people", "a kind heart"},
    {"doctor", "in a hospital", "help people who are ill", "medicine"},
    {"farmer", "on a farm", "grow corn and keep cows", "a tractor and good weather"},
    {"painter", "in a studio", "paint pictures", "brushes and colours"},
    {"bus driver", "in the city", "drive people from place to place", "a bus and good eyes"},
    {"sailor", "on a ship", "sail across the sea", "strong arms"},
    {"carpenter", "in a workshop", "make tables and doors", "a saw and a hammer"},
    {"plumber", "in other people's houses", "mend pipes", "a spanner"},
    {"gardener", "in a park", "plant flowers and cut the grass", "a spade and a rake"},
    {"cook", "in a kitchen", "prepare meals", "sharp knives and fresh vegetables"},
    {"dentist", "in a surgery", "look after teeth", "steady hands"},
    {"tailor", "in a small shop", "make suits and mend coats", "a needle and thread"},
    {"librarian", "in a library", "lend books to readers", "a good memory"},
    {"mechanic", "in a garage", "repair cars", "tools and oil"},
    {"pilot", "at an airport", "fly planes", "good eyes and a calm mind"},
    {"waiter", "in a restaurant", "bring food to the guests", "quick feet"},
    {"postman", "in the village", "bring letters and parcels", "a bicycle and a big bag"},
    {"shepherd", "in the hills", "watch over sheep", "a good dog"},
    {"fisherman", "on a boat", "catch fish", "a net and patience"},
    {"florist", "in a flower shop", "sell roses and tulips", "scissors and ribbon"},
    {"firefighter", "at a fire station", "put out fires", "courage and a long hose"},
    {"photographer", "in a studio", "take pictures of people and places", "a camera and good light"},
    {"hairdresser", "in a salon", "cut hair", "scissors and a comb"},
    {"journalist", "for a newspaper", "write about what has happened", "a notebook and curiosity"},
    {"vet", "in the country", "look after animals", "warm hands"},
    {"beekeeper", "at the edge of a wood", "keep bees and sell honey", "gloves and a veil"},
    {"clockmaker", "in a quiet workshop", "repair old clocks", "tiny tools and good light"},
    {"musician", "in an orchestra", "play the violin", "hours of practice"},
}};

struct AnimalFacts {
    std::string_view animal, home, food, habit;
};
constexpr std::array<AnimalFacts, 30> kAnimals = {{
    {"owl", "in old trees and barns", "mice", "hunts at night and sleeps during the day"},
    {"bear", "in forests and mountains", "berries, fish and honey", "sleeps through most of the winter"},
    {"fox", "in woods and at the edge of towns", "mice, birds and fruit", "is known for its clever tricks"},
    {"camel", "in the desert", "dry grass and leaves", "can go for many days without water"},
    {"penguin", "on cold coasts", "fish", "cannot fly but swims very well"},
    {"bee", "in a hive", "nectar from flowers", "makes honey and dances to show the way"},
    {"squirrel", "in trees", "nuts and seeds", "hides food for the winter"},
    {"elephant", "in Africa and Asia", "leaves, fruit and grass", "uses its long trunk to drink"},
    {"frog", "near ponds", "flies and worms", "begins its life in the water"},
    {"otter", "along rivers", "fish", "floats on its back and loves to play"},
    {"mole", "under the ground", "worms", "digs long tunnels with its strong hands"},
    {"hedgehog", "in gardens and hedges", "insects and snails", "rolls into a ball when it is afraid"},
    {"swallow", "under the roofs of barns", "insects", "flies south in autumn"},
    {"whale", "in the ocean", "small fish and tiny animals", "breathes air although it lives in the sea"},
    {"cow", "on farms", "grass", "gives us milk"},
    {"sheep", "on hills and meadows", "grass", "gives us wool"},
    {"horse", "in a stable", "hay, grass and oats", "can run fast and carry a rider"},
    {"cat", "in houses and on farms", "meat and fish", "washes itself with its tongue"},
    {"dog", "with people", "meat and biscuits", "guards the house and learns many tricks"},
    {"bat", "in caves and attics", "insects", "hangs upside down when it sleeps"},
    {"beaver", "in rivers", "bark and leaves", "builds dams with branches and mud"},
    {"kangaroo", "in Australia", "grass", "carries its young in a pouch"},
    {"giraffe", "in Africa", "leaves from tall trees", "has a very long neck"},
    {"snail", "in gardens", "leaves", "carries its house on its back"},
    {"spider", "in corners and bushes", "flies", "spins a web of fine thread"},
    {"goose", "on farms and lakes", "grass and grain", "makes a loud noise when strangers come"},
    {"heron", "beside rivers and ponds", "fish and frogs", "stands still for hours on one leg"},
    {"ant", "in large nests", "seeds and insects", "can lift things much heavier than itself"},
    {"lion", "in Africa", "meat", "sleeps for most of the day"},
    {"seal", "on rocky coasts", "fish", "can hold its breath for a long time"},
}};

std::string person(Scene& s) {
    s.person("p");
    const JobFacts& job = s.rng.pick(kJobs);
    s.set("job", std::string(job.job));
    s.set("place", std::string(job.place));
    s.set("does", std::string(job.does));
    s.set("age", s.rng.range(18, 82));
    auto traits = s.pick_some("good_trait", 2);
    s.set("t1", traits[0]);
    s.set("t2", traits[1]);
    auto hobbies = s.pick_some("hobby", 2);
    s.set("h1", hobbies[0]);
    s.set("h2", hobbies[1]);
    return lines(
        {s.one_of({"{p} {surname} is {age.word} years old and works {place}.", "{p} is {job.a} from {town}.",
                   "my neighbour {p} is {t1.a} and {t2} {p.man}.", "{p} {surname}, {job.a}, lives in {town}.",
                   "let me tell you about my friend {p}.",
                   "{p} is {build.a} {p.man} with {hair} hair and {eyes} eyes."}),
         some_of(s,
                 {"{p.he} has {hair} hair and {eyes} eyes.", "{p.he} is {job.a}: {p.his} work is to {does}.",
                  "people say that {p.he} is {t1} and {t2}, but {p.he} can also be {bad_trait}.",
                  "in {p.his} free time {p.he} likes {h1} and {h2}.",
                  "{p.his} {relative} is {job2:job.a} and lives in {country}.",
                  "{p.he} has {number_small} [cousins|friends in {town}|children|sisters] and {pet.a} called "
                  "{pet_name}.",
                  "{p.he} {frequency} gets up at {early_hour} and drinks a cup of {hot_drink}.",
                  "when {p.he} was young, {p.he} wanted to become {job3:job.a}.",
                  "{p.he} {frequency} wears {colour.a} {clothes} and {colour} {footwear}.",
                  "{p.he} speaks {language} and a little {language2:language}.",
                  "last {season} {p.he} learned to {learn_verb}.", "{p.his} favourite food is {dish}.",
                  "{p.he} goes to work {travel}.",
                  "everybody likes {p.him}, because {p.he} is never {bad_trait2:bad_trait}.",
                  "one day {p.he} would like to travel to {country2:country}."},
                 4 + s.rng.below(4))},
        " ");
}

std::string job(Scene& s) {
    const JobFacts& job = s.rng.pick(kJobs);
    s.set("job", std::string(job.job));
    s.set("place", std::string(job.place));
    s.set("does", std::string(job.does));
    s.set("needs", std::string(job.needs));
    s.person("p");
    return lines({s.one_of({"what does {job.a} do? {job.a} works {place}.", "{job.a} works {place}.",
                            "{p} is {job.a}.", "{p} wants to become {job.a}."}),
                  s.one_of({"{job.a} has to {does}.", "the work of {job.a} is to {does}.",
                            "every day {job.pl} {does}, in {season} and in {season2:season}."}),
                  some_of(s,
                          {"for this one needs {needs}.", "without {needs} {p.he} could not work.",
                           "{job.pl} often start at {early_hour} in the morning.",
                           "it is [a hard|a pleasant|a dangerous|a quiet|a useful] job, but {p} likes it.",
                           "good {job.pl} are {good_trait} and {good_trait2:good_trait}.",
                           "{p} learned it from {p.his} {older}.", "{p} has done this for {many} years.",
                           "on {day} {p.he} was so busy that {p.he} forgot to eat {meal}.",
                           "{job.a} also needs {skill}.",
                           "the pay is [good|low|fair], and the people are {good_trait3:good_trait}."},
                          3 + s.rng.below(3))},
                 " ");
}

std::string animal(Scene& s) {
    const AnimalFacts& animal = s.rng.pick(kAnimals);
    s.set("an", std::string(animal.animal));
    s.set("home", std::string(animal.home));
    s.set("eats", std::string(animal.food));
    s.set("habit", std::string(animal.habit));
    s.person("p");
    return lines(
        {s.one_of({"the {an} lives {home}.", "{an.pl} live {home}.",
                   "where does the {an} live? it lives {home}.", "today we learned about the {an}."}),
         s.one_of({"it eats {eats}.", "{an.pl} eat {eats}.", "its food is {eats}."}),
         s.one_of({"the {an} {habit}.", "it {habit}.", "everybody knows that the {an} {habit}."}),
         some_of(s,
                 {"{p} once saw {an.a} {where}.", "in a story, {an.a} and {animal.a} became friends.",
                  "{p} drew a picture of {an.a} for {p.his} {relative}.",
                  "in {season} you can see {many} of them near {town}.",
                  "a young {an} stays with its mother for {number_small} [weeks|months].",
                  "{an.pl} are [usually|often] {fur_colour}.",
                  "it is not easy to see {an.a}, because it is very [shy|quick|quiet|careful|small].",
                  "some people think that {an.pl} bring luck."},
                 2 + s.rng.below(3), true)},
        " ");
}

std::string family(Scene& s) {
    s.person("a");
    s.person("b");
    s.person("c");
    s.set("c_child", s.get("c.he") == "she" ? "daughter" : "son");
    s.set("x", s.rng.range(4, 12));
    return lines(
        {s.one_of({"the {surname} family lives in {town}.", "{a} and {b} are married and live near {town}.",
                   "there are four people in {c}'s family."}),
         s.say("{a} is {job1:job.a} and {b} is {job2:job.a}."),
         some_of(s,
                 {"their {c_child} {c} is {x.word} years old and goes to school {travel}.",
                  "{c} has {thing_adj.a} [bicycle|room|raincoat|desk] and likes {subject} best.",
                  "{a} likes {hobby1:hobby}, while {b} prefers {hobby2:hobby}.",
                  "on Sundays they {activity1:activity} together.",
                  "{b} {frequency} cooks, and {a} {frequency2:frequency} washes up.",
                  "they have {pet.a} named {pet_name:pet_name}, which sleeps in the {room}.",
                  "every {season} they travel to {country} {travel}.",
                  "when {c} grows up, {c.he} wants to be {job3:job.a}.",
                  "{a.his} {older} comes to visit them in {month} and brings {thing.a} for {c}.",
                  "yesterday {c} lost {c.his} {school_thing}, but {pet_name:pet_name} found it {where}."},
                 4 + s.rng.below(3))},
        " ");
}

std::string day(Scene& s) {
    s.person("p");
    s.set("hour", s.rng.range(5, 8));
    s.set("d", s.pick("day"));
    auto acts = s.pick_some("activity", 3);
    auto chores = s.pick_some("chore", 3);
    for (std::size_t i = 0; i < 3; ++i) {
        s.set("a" + std::to_string(i), acts[i]);
        s.set("c" + std::to_string(i), chores[i]);
    }
    bool past = s.rng.chance(60);
    if (past) {
        return lines({s.say("on {d} {p} got up at {hour.word} o'clock and had {breakfast_food} and "
                            "{hot_drink} for breakfast."),
                      s.say("first {p.he} had to {c0}, and then {p.he} {c1.ed}."),
                      s.one_of({"after that {p.he} went to {town} {travel}.", "at noon {sky}.", "{sound}.",
                                "around {clock_hour} {p.his} {relative} came to visit."}),
                      s.say("in the afternoon {p.he} {a0.ed} with {p.his} friend {name_f}."),
                      s.one_of({"they wanted to {a1}, but it was too {weather_adj}.",
                                "they {a1.ed} and laughed a lot.", "later they {a1.ed} as well."}),
                      s.one_of({"in the evening {p.he} was {happy} but tired.",
                                "at night {p.he} {a2.ed} and fell asleep at once.",
                                "then {p} {c2.ed} and went to bed.", "it had been a good day."})},
                     " ");
    }
    return lines(
        {s.say("{p} gets up at {hour.word} o'clock every {d}."),
         s.say("{p.he} has {breakfast_food} and {hot_drink} for breakfast, and then {p.he} {c0.s}."),
         s.one_of({"{p.he} {frequency} goes to work {travel}.", "after that {p.he} {c1.s} and {c2.s}."}),
         s.say("in the afternoon {p.he} {frequency} meets {p.his} friend {name_m}, and they {a0} or {a1}."),
         s.one_of({"in the evening {p.he} {a2.s}.", "{p.he} {frequency} goes to bed at ten."})},
        " ");
}

}  // namespace

void add_people_kinds(std::vector<Kind>& kinds) {
    kinds.push_back({"person", 5, person});
    kinds.push_back({"job", 3, job});
    kinds.push_back({"animal", 3, animal});
    kinds.push_back({"family", 3, family});
    kinds.push_back({"day", 4, day});
}

}  // namespace builtin
