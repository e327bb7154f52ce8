// Restaurants, pubs, coffee shops and hotels: descriptions, questions and answers, reviews.
#include "inflect.h"
#include "kinds.h"

namespace builtin {
namespace {

void set_venue(Scene& s) {
    // Said more than once in a document, so fixed here.
    for (const char* fixed : {"area_at", "rating_phrase", "price_phrase"}) s.set(fixed, s.pick(fixed));
    s.set("type", s.pick("eatery"));
    s.set("cuisine", s.pick("cuisine"));
    s.set("v", s.pick("venue"));
    do s.set("near", s.pick("venue"));
    while (s.get("near") == s.get("v"));
    s.set("it", s.say("[it|the {type}|{v}|this {type}|it]"));
}

std::string subject(Scene& s) {
    return s.say("[it|it|the {type}|{v}|the place]");
}

std::string venue_fact(Scene& s, int which) {
    s.set("it", subject(s));
    switch (which) {
        case 0:
            return s.one_of(
                {"{it} serves [good |fine |traditional |simple |excellent |modern |]{cuisine} food.",
                 "the menu is mostly {cuisine}, with [a little|some] {food_style} as well.",
                 "the kitchen specialises in {cuisine} cuisine[ and {food_style}|].",
                 "{it} offers {cuisine} dishes such as {dish} and {dish}.",
                 "the food is {cuisine}, and the {dish} is {good_taste}.",
                 "you can eat {food_style} there, but most guests come for the {cuisine} dishes."});
        case 1:
            return s.one_of({"{it} has {price_phrase}.", "prices are {price_word}.",
                             "[most|many] meals cost between £{price} and £{price2}.",
                             "it is in the [cheap|moderate|high] price range.",
                             "a dinner for two costs about £{price2}.",
                             "the prices are [low|high|moderate|reasonable], [so|and] {it} is [often "
                             "full|popular|rather quiet]."});
        case 2:
            return s.one_of(
                {"customers give it {rating_phrase}.", "{it} has {rating_phrase}.",
                 "guests rate it {number5} out of 5.", "it is rated [highly|poorly|average] by its guests.",
                 "its customer rating is [high|low|average].",
                 "most visitors [like it|are pleased|would come again], and it has {rating_phrase}."});
        case 3:
            return s.one_of(
                {"it is [family friendly|child friendly|kid friendly].",
                 "families with children are welcome.", "it is not family friendly.",
                 "{it} is for adults only.", "children are [always |]welcome and have their own menu.",
                 "it is not a place for small children.",
                 "there are high chairs and a play corner for children.",
                 "parents should know that children are not allowed [in the bar|after eight o'clock|]."});
        case 4:
            return s.one_of({"you will find it near {near}.",
                             "{it} is [close to|next to|just behind|opposite|near] {near}.",
                             "it stands [between the {building} and {near}|next to {near}].",
                             "{near} is [just around the corner|only a few steps away|across the road]."});
        case 5:
            return s.one_of({"it lies {area_at}.", "{it} is located {area_at}.", "you find it {area_at}.",
                             "it can be found {area_at}."});
        case 6:
            return s.one_of(
                {"{it} is open from {clock_hour} until {late_hour} [every day|except on {day.pl}|from {day} "
                 "to {day2}].",
                 "it is closed on {day.pl}.", "breakfast is served from {early_hour} o'clock.",
                 "lunch is served until {late_hour}.", "the kitchen closes at {late_hour} o'clock."});
        case 7:
            return s.one_of({"the owner, {name_f} {surname}, also runs {shop.a} in {town}.",
                             "the cook, {name_m} {surname}, comes from {country}.",
                             "it belongs to two [sisters|brothers|friends] who grew up in {country}.",
                             "the {surname} family has run it for {many} years."});
        default:
            return s.one_of(
                {"inside it is {atmosphere} and {atmosphere2}.", "the staff are {staff}.",
                 "there is [a small garden|a terrace|a long bar|an open fire|a piano] {behind}.",
                 "on {day} evenings there is live music.", "it is a good idea to book a table.",
                 "the walls are {colour} and full of [old photographs|paintings|mirrors|books]."});
    }
}

void set_details(Scene& s) {
    int low = s.rng.range(5, 25);
    s.set("price", low);
    s.set("price2", low + s.rng.range(3, 30));
    s.set("number5", s.rng.range(1, 5));
    auto two = s.pick_some("atmosphere", 2);
    s.set("atmosphere", two[0]);
    s.set("atmosphere2", two[1]);
    auto days = s.pick_some("day", 2);
    s.set("day", days[0]);
    s.set("day2", days[1]);
    s.set("behind", s.say("[at the back|in the corner|by the window|upstairs|behind the bar]"));
}

std::string restaurant(Scene& s) {
    set_venue(s);
    set_details(s);
    std::vector<std::string> parts;
    parts.push_back(
        s.one_of({"{v} is {atmosphere.a} {type} {area_at}.", "{v} is {cuisine.a} {type} near {near}.",
                  "there is {atmosphere.a} {type} called {v} {area_at}.",
                  "looking for {cuisine} food? then try {v}, {atmosphere.a} {type} {area_at}.",
                  "[near|next to|close to] {near} there is {type.a} called {v}.",
                  "{v} opened {many} years ago and is now the best known {type} {area_at}.",
                  "if you like {food_style}, you should visit {v}, {type.a} {area_at}.",
                  "located {area_at}, {v} is {type.a} with {price_phrase}.",
                  "with {rating_phrase}, {v} is {atmosphere.a} {type} near {near}.",
                  "the {type} {v} offers {cuisine} food {area_at}."}));
    std::vector<int> facts = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    s.rng.shuffle(facts);
    facts.resize(4 + s.rng.below(4));
    for (int fact : facts) parts.push_back(venue_fact(s, fact));
    return lines(parts, " ");
}

std::string hotel(Scene& s) {
    s.set("h", s.pick("hotel_name"));
    s.set("rooms", s.rng.range(6, 180));
    s.set("price", s.rng.range(30, 220));
    std::vector<std::string> parts = {
        s.one_of({"{h} is {atmosphere.a} hotel in {town:town}, {area_at}.",
                  "{h} has {rooms} rooms and stands {area_at}.",
                  "guests who come to {town:town} often stay at {h}, {atmosphere.a} hotel {area_at}.",
                  "in {town:town} we stayed at {h}, {atmosphere.a} house with {rooms} rooms."}),
        some_of(s,
                {"a double room costs £{price} a night, [breakfast included|without breakfast].",
                 "every room has [a desk|a balcony|a bathroom|a television|a kettle] and [a large bed|a view "
                 "of the {outdoors}|two armchairs].",
                 "there is {hotel_feature} and {hotel_feature}.", "the staff are {staff} and {staff}.",
                 "the {building} is only {number_small} minutes away {travel}.",
                 "breakfast is served from {early_hour} until ten o'clock.",
                 "[pets are welcome|pets are not allowed|small dogs are welcome].",
                 "the rooms [are {size} but clean|facing the street are noisy|on the top floor are the "
                 "quietest|were painted last {season}].",
                 "guests can hire bicycles for £{price_low:price} a day.",
                 "in {season}, when the town is [full of visitors|quiet], rooms are [hard to find|cheaper].",
                 "the restaurant of the hotel serves {cuisine} food."},
                3 + s.rng.below(4))};
    return lines(parts, " ");
}

std::string review(Scene& s) {
    set_venue(s);
    set_details(s);
    s.person("p");
    bool good = s.rng.chance(50);
    s.set("d", s.pick("dish"));
    std::vector<std::string> parts = {s.one_of(
        {"we went to {v} on {day} [with friends|for my {relative}'s birthday|after work|with the children].",
         "last week I [ate|had {meal}] at {v}, {type.a} {area_at}.",
         "I had heard a lot about {v}, so I booked a table.", "{v} is {type.a} near {near}.",
         "my {relative} took me to {v} for {meal}."})};
    Templates praise = {"the {d} was {good_taste}.",
                        "our waiter, {p}, was {good_trait} and {good_trait}.",
                        "everything arrived hot and on time.",
                        "the room was {atmosphere}, and we stayed for {number_small} hours.",
                        "I have never had better {food}.",
                        "for £{price} each it was very good value.",
                        "the {drink} tasted wonderful too.",
                        "even the children were {happy}.",
                        "the {dish} that my {relative} ordered was just as good."};
    Templates blame = {"the {d} was {bad_taste}.",
                       "our waiter, {p}, was {bad_trait} and {bad_trait}.",
                       "we waited {many} minutes for a table.",
                       "the room was so noisy that we could hardly talk.",
                       "for £{price2} each I had expected more.",
                       "the {food} tasted old, and the plates were not clean.",
                       "when I asked for {drink}, nobody came.",
                       "the {dish} that my {relative} ordered never arrived.",
                       "the bill was wrong, and {p} did not say sorry."};
    parts.push_back(some_of(s, good ? praise : blame, 3 + s.rng.below(2)));
    if (s.rng.chance(35)) {
        parts.push_back(s.say(good ? "the only bad thing was that the {dish} was {bad_taste}."
                                   : "at least the {drink} was {good_taste}."));
    }
    parts.push_back(
        good ? s.one_of({"we will certainly come back.", "I can recommend {v} to everybody.",
                         "a lovely evening!", "go there before everyone else does.",
                         "I would give it [four|five] stars."})
             : s.one_of({"I will not go there again.", "I cannot recommend {v}.", "what a disappointment!",
                         "next time we will try {near} instead.", "I would give it only one star."}));
    return lines(parts, " ");
}

}  // namespace

void add_venue_kinds(std::vector<Kind>& kinds) {
    kinds.push_back({"restaurant", 9, restaurant});
    kinds.push_back({"hotel", 3, hotel});
    kinds.push_back({"venue_review", 4, review});
}

}  // namespace builtin
