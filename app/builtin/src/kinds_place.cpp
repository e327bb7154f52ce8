// Towns, rooms, landscapes, things and shops.
#include "inflect.h"
#include "kinds.h"

namespace builtin {
namespace {

std::string town(Scene& s) {
    s.set("t", s.pick("town"));
    s.set("r", s.pick("river"));
    auto features = s.pick_some("town_feature", 3);
    for (int i = 0; i < 3; ++i) s.set("f" + std::to_string(i), features[static_cast<std::size_t>(i)]);
    s.set("people", s.rng.range(3, 90));
    s.set("km", s.rng.range(3, 80));
    return lines(
        {s.one_of(
             {"{t} is [a small|a large|an old|a quiet|a busy|a pretty] town in the {direction} of the "
              "country.",
              "{t} lies on the river {r}, about {km.word} kilometres {direction} of {town}.",
              "the town of {t} has about {people} thousand inhabitants.",
              "{t} is [a quiet|a busy|a pretty|an old] [town|village|market town] between the hills and the "
              "{outdoors}."}),
         some_of(s,
                 {"it is known for {f0} and {f1}.", "in the middle of the town there is {f2}.",
                  "the river {r} flows [through the centre|past the {building}|slowly to the {direction}].",
                  "many people work in the {building} or grow {fruit.pl} and {vegetable.pl}.",
                  "every {day} there is a market where farmers sell {food}, {vegetable.pl} and {fruit.pl}.",
                  "trains to {town} leave every hour.", "in {month} the town holds its famous {event}.",
                  "from the top of the hill you can see the {outdoors} [and, on clear days, the sea|].",
                  "the oldest building is the {building}, which was built more than {many} years ago.",
                  "visitors like to walk along {street} and drink {drink} in one of the small {eatery.pl}.",
                  "in {season} it is often {weather_adj} there.",
                  "the {team} play football on the field behind the {building}.",
                  "a bus goes to the {outdoors} {number_small} times a day."},
                 4 + s.rng.below(4), true)},
        " ");
}

std::string home(Scene& s) {
    s.person("p");
    s.set("street", s.pick("street"));
    s.set("room", s.pick("room"));
    s.set("no", s.rng.range(2, 140));
    return lines(
        {s.one_of({"{p} lives in {colour.a} house at {no} {street}.",
                   "the house at {no} {street} belongs to {p} {surname}.",
                   "{p} has just moved into a flat on {street}.", "{p}'s favourite room is the {room}."}),
         some_of(
             s,
             {"the house has {number_small} rooms and {house_feature}.",
              "there is {house_feature}, and behind the house grows {tree.a}.",
              "in the {room} there is {thing_adj.a} {furniture} and {colour.a} {furniture2:furniture}.",
              "on the wall hangs a picture of {animal.a} and {thing_adj.a} {thing}.",
              "the {furniture3:furniture} is made of {hard_material}; {p.his} {older} gave it to {p.him}.",
              "on the shelf {p.he} keeps {many} books about {hobby}.",
              "under the window stands {container.a} full of {countable.pl}.",
              "the carpet is {colour}, and the curtains are {colour}.",
              "the window looks out on the {outdoors}.",
              "{p.his} {pet} {pet_name} sleeps on the {furniture}.",
              "in {season} it is [warm|cold|bright|dark] inside, because the windows are {size}.",
              "{p.he} wants to paint the {room2:room} {colour} next {season}.",
              "the neighbours are {good_trait} people who like {hobby}."},
             4 + s.rng.below(4))},
        " ");
}

std::string landscape(Scene& s) {
    s.set("o", s.pick("outdoors"));
    return lines(
        {s.one_of({"it was {weather_adj.a} {daytime:daytime} in {month}.",
                   "early in the {daytime:daytime}, {sky}.", "{daytime.cap} came to the {o}.",
                   "we reached the {o} on {weather_adj.a} {day} in {season}."}),
         some_of(
             s,
             {"{sky}, and {sound}.", "{sky}.", "{sound}.", "{many.cap} {bird.pl} flew over the {outdoors}.",
              "{animal.a} stood between the {tree.pl} and listened.",
              "the path led past {number_small} old {tree.pl} down to the {outdoors}.",
              "{flower.pl} and {flower2:flower.pl} grew along the path.",
              "on the other side of the {o} we saw a [small|white|ruined|lonely] "
              "[house|farm|chapel|tower|hut].",
              "nothing moved except {colour.a} [leaf|butterfly|boat|flag].",
              "{bird2:bird.a} sat on the {thing_adj} fence.",
              "the air smelled of [salt|grass|rain|pine trees|smoke|flowers|bread].",
              "there was nobody {where}.",
              "somewhere {animal2:animal.a} called, and then it was quiet again."},
             4 + s.rng.below(4), true),
         s.one_of({"I will never forget that {daytime}.", "then it began to [rain|snow|get dark|grow light].",
                   "we sat down and looked at it for a long time.", "nobody spoke.",
                   "slowly we walked home."})},
        " ");
}

std::string object(Scene& s) {
    s.person("p");
    s.set("x", s.pick("thing"));
    s.set("adj", s.pick("thing_adj"));
    s.set("m", s.pick("material"));
    s.set("c", s.pick("colour"));
    s.set("cm", s.rng.range(3, 90));
    return lines(
        {s.one_of({"this {x} is made of {m}.", "{p} owns {adj.a} {x}.", "here is {adj.a} {x} from {country}.",
                   "in the {building} there is {adj.a} {x} that everybody likes to look at."}),
         some_of(s,
                 {"it is {c} and about {cm.word} centimetres long.",
                  "{p} bought it in {shop.a} in {town} for £{price}.",
                  "it is [lighter|heavier|older|smaller|larger] than it looks.",
                  "on one side there is a small picture of {animal.a}.",
                  "{p} keeps it in {container.a} in the {room}.",
                  "it was made by {job.a} more than {many} years ago.",
                  "it is not worth much money, but {p} would never sell it.",
                  "if you hold it up to the light, it looks [almost {colour}|a little {colour}].",
                  "{p.his} {older} used it every {day}.",
                  "the {x} has {size.a} handle and {colour.a} [lid|edge|stripe|spot|label].",
                  "it once fell {where}, but it did not break.",
                  "when it gets old, {m} becomes [darker|softer|harder|lighter]."},
                 4 + s.rng.below(3))},
        " ");
}

std::string shop(Scene& s) {
    s.person("p");
    s.set("sh", s.pick("shop"));
    s.set("hour", s.pick("early_hour"));
    s.set("d", s.pick("day"));
    return lines(
        {s.one_of({"{p} {surname} has {sh.a} on {street}.", "the {sh} on {street} belongs to {p}.",
                   "at the corner of {street} there is a small {sh}."}),
         some_of(s,
                 {"it opens at {hour} and closes at {late_hour}, except on {d.pl}.",
                  "in the window you can see {thing_adj.a} {thing} and {colour.a} {thing}.",
                  "{p} knows all {p.his} customers by name.",
                  "on {day} {p.he} sold {many} {countable.pl} and {number_small} {thing.pl}.",
                  "{countable.a} costs {number_small} pence, and {thing.a} costs £{price}.",
                  "{p.his} {relative} helps {p.him} on Saturdays.", "before {p} came, it was {eatery.a}.",
                  "[behind the counter|near the door|in the corner] stands {furniture.a} made of "
                  "{hard_material}.",
                  "the {sh} is [never empty|always busy in {month}|quiet in the {daytime}].",
                  "{p} would like to sell {food} and {drink} as well.",
                  "people come from {town} to buy {thing.pl} there."},
                 4 + s.rng.below(3))},
        " ");
}

}  // namespace

void add_place_kinds(std::vector<Kind>& kinds) {
    kinds.push_back({"town", 4, town});
    kinds.push_back({"home", 4, home});
    kinds.push_back({"landscape", 3, landscape});
    kinds.push_back({"object", 3, object});
    kinds.push_back({"shop", 3, shop});
}

}  // namespace builtin
