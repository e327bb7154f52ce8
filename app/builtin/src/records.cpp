#include "records.h"

#include "inflect.h"
#include "kinds.h"

#include <algorithm>

namespace builtin {
namespace {

using Fields = std::vector<Field>;

// Adds a field whose value is drawn here and spoken as {value} in its phrases.
void add(Scene& s, Fields& fields, std::string_view keys, std::string_view value,
         std::vector<std::string_view> phrases) {
    fields.push_back({s.say(keys), s.say(value), std::move(phrases)});
}

Record venue(Scene& s) {
    Record r{s.pick("eatery"), "name", s.pick("venue"), "it", {}};
    Fields& f = r.fields;
    add(s, f, "[food|cuisine|kitchen|serves]", "{cuisine}",
        {"serves {value} food", "offers {value} dishes", "has {value.a} kitchen",
         "is known for {value} food"});
    add(s, f, "[price|price range|prices]",
        "[cheap|moderate|high|low|£10 to £20|less than £20|over £30|average]",
        {"is in the price range {value}", "has prices that are {value}",
         "can be described by the words price: {value}"});
    f.back().phrases =
        f.back().value[0] == '\xC2' || f.back().value.find('\xC2') != std::string::npos
            ? std::vector<std::string_view>{"charges {value} for a meal", "asks {value} for dinner",
                                            "has a price range of {value}"}
            : std::vector<std::string_view>{"has {value} prices", "has {value.a} price range",
                                            "asks {value} prices"};
    add(s, f, "[rating|customer rating|stars|score]", "[1|2|3|4|5] out of 5",
        {"is rated {value}", "has a customer rating of {value}", "got {value} from its guests",
         "scores {value}"});
    add(s, f, "[area|location|where|part of town]", "{area}",
        {"lies in the {value} area", "is in the {value} area", "can be found in the area called {value}"});
    add(s, f, "[family friendly|children|for families]", "[yes|no]", {});
    f.back().phrases =
        f.back().value == "yes"
            ? std::vector<std::string_view>{"is family friendly", "welcomes children", "is good for families",
                                            "likes young guests"}
            : std::vector<std::string_view>{"is not family friendly", "does not welcome children",
                                            "is not for families", "is for adults only"};
    add(s, f, "[near|close to|next to|neighbour]", "{venue}",
        {"is near {value}", "stands close to {value}", "lies next to {value}",
         "has {value} as its neighbour"});
    add(s, f, "[opens|open from|opening time]", "[6|7|8|9|10|11]:[00|30]",
        {"opens at {value}", "is open from {value}"});
    add(s, f, "[owner|run by]", "{name_f} {surname}", {"belongs to {value}", "is run by {value}"});
    add(s, f, "[seats|places]", "[12|20|24|30|36|40|50|60|80]",
        {"has {value} seats", "has room for {value} guests"});
    return r;
}

Record hotel(Scene& s) {
    Record r{"hotel", "name", s.pick("hotel_name"), "it", {}};
    Fields& f = r.fields;
    add(s, f, "[town|place|city]", "{town}", {"is in {value}", "stands in {value}", "is a house in {value}"});
    add(s, f, "[rooms|number of rooms]", "[8|12|15|20|24|32|40|45|60|75|90|120]",
        {"has {value} rooms", "offers {value} rooms"});
    add(s, f, "[price|per night|room from]", "£[30|35|40|45|50|55|60|70|80|95|110|140]",
        {"costs {value} a night", "has rooms from {value}", "asks {value} for a night"});
    add(s, f, "[pool|swimming pool]", "[yes|no]", {});
    f.back().phrases = f.back().value == "yes"
                           ? std::vector<std::string_view>{"has a pool", "offers its guests a pool"}
                           : std::vector<std::string_view>{"has no pool", "does not have a pool"};
    add(s, f, "[breakfast|meals]", "[included|not included|£5|£8|£10]", {});
    f.back().phrases =
        f.back().value == "included" ? std::vector<std::string_view>{"includes breakfast in the price",
                                                                     "serves breakfast free of charge"}
        : f.back().value == "not included"
            ? std::vector<std::string_view>{"does not include breakfast", "offers rooms without breakfast"}
            : std::vector<std::string_view>{"serves breakfast for {value}", "asks {value} for breakfast"};
    add(s, f, "[stars|rating]", "[one|two|three|four|five]",
        {"has {value} stars", "is a house with {value} stars"});
    if (f.back().value == "one") f.back().phrases = {"has {value} star", "is a house with {value} star"};
    add(s, f, "[near|close to]", "the {building}", {"is near {value}", "stands close to {value}"});
    return r;
}

Record person(Scene& s) {
    s.person("p");
    Record r{"person", s.say("[name|name|who]"), s.say("{p} {surname}"), s.get("p.he"), {}};
    Fields& f = r.fields;
    add(s, f, "[age|years]", std::to_string(s.rng.range(19, 80)), {"is {value} years old", "is {value}"});
    add(s, f, "[job|work|profession]", "{job}", {"works as {value.a}", "is {value.a}"});
    add(s, f, "[home|lives in|town|city]", "{town}", {"lives in {value}", "comes from {value}"});
    add(s, f, "[hobby|likes|free time|interest]", "{hobby}",
        {"likes {value}", "enjoys {value}", "has {value} as a hobby"});
    add(s, f, "[language|speaks|languages]", "{language}", {"speaks {value}", "can speak {value}"});
    add(s, f, "[hair|hair colour]", "[black|brown|blond|red|grey|white|dark]", {"has {value} hair"});
    add(s, f, "[pet|animal]", "{pet}", {"has {value.a}", "keeps {value.a}", "owns {value.a}"});
    add(s, f, "[favourite food|favourite dish]", "{dish}", {"likes {value} best", "loves to eat {value}"});
    add(s, f, "[character|is]", "{good_trait}", {"is {value}", "is said to be {value}"});
    return r;
}

Record book(Scene& s) {
    Record r{s.pick("book_kind"), s.say("[title|book]"), s.say("The {venue_adj} {thing.cap}"), "it", {}};
    Fields& f = r.fields;
    add(s, f, "[author|writer|by]", "[{name_f}|{name_m}] {surname}",
        {"was written by {value}", "is by {value}", "is the work of {value}"});
    add(s, f, "[pages|length]", "[48|64|96|120|150|180|210|256|300|340|412]",
        {"has {value} pages", "is {value} pages long"});
    add(s, f, "[price|costs]", "£{price}", {"costs {value}", "is sold for {value}"});
    add(s, f, "[about|topic|subject]", "{book_topic}",
        {"is about {value}", "tells of {value}", "deals with {value}"});
    add(s, f, "[year|published]", std::to_string(s.rng.range(1890, 2021)),
        {"came out in {value}", "was published in {value}"});
    add(s, f, "[language|written in]", "{language}", {"is written in {value}"});
    add(s, f, "[cover|colour]", "{colour}", {"has {value.a} cover"});
    return r;
}

Record event(Scene& s) {
    Record r{s.pick("event"), s.say("[event|what|name]"), "", "it", {}};
    r.name = s.say("the {town} ") + r.noun;
    Fields& f = r.fields;
    add(s, f, "[day|when|date]", "{day}",
        {"takes place on {value}", "is on {value}", "will be held on {value}"});
    add(s, f, "[time|starts|begins]", "[7|8|9|10|11|2|3|4|5|6]:[00|15|30|45]",
        {"starts at {value}", "begins at {value}"});
    add(s, f, "[place|where|venue]", "the {building}",
        {"is held at {value}", "takes place at {value}", "can be seen at {value}"});
    add(s, f, "[ticket|tickets|price|entry]", "[£2|£3|£5|£8|£10|free]", {});
    f.back().phrases = f.back().value == "free"
                           ? std::vector<std::string_view>{"costs nothing", "is free for everybody"}
                           : std::vector<std::string_view>{"costs {value}", "has tickets for {value}"};
    add(s, f, "[organiser|by|host]", "{name_m} {surname}",
        {"is organised by {value}", "was planned by {value}"});
    add(s, f, "[bring|please bring]", "{thing.a}",
        {"needs guests who bring {value}", "asks everyone to bring {value}"});
    add(s, f, "[food|snacks]", "{dish}", {"offers {value} to the guests", "includes {value} for everyone"});
    return r;
}

Record house(Scene& s) {
    Record r{s.say("[house|flat|cottage|villa]"), s.say("[address|street|where]"), "", "it", {}};
    r.name = std::to_string(s.rng.range(1, 150)) + " " + s.pick("street");
    Fields& f = r.fields;
    add(s, f, "[rooms|bedrooms]", "[2|3|4|5|6|7|8]", {"has {value} rooms", "offers {value} rooms"});
    add(s, f, "[rent|price|cost]", "£[300|350|420|480|510|600|640|750|800|900]",
        {"costs {value} a month", "can be rented for {value}"});
    add(s, f, "[colour|walls]", "{colour}", {"has {value} walls", "is painted {value}"});
    add(s, f, "[extra|feature|also]", "{house_feature}", {"has {value}", "comes with {value}"});
    add(s, f, "[built|year]", std::to_string(s.rng.range(1790, 2015)),
        {"was built in {value}", "dates from {value}"});
    add(s, f, "[owner|landlord]", "{name_f} {surname}", {"belongs to {value}", "is owned by {value}"});
    add(s, f, "[heating|fuel]", "[gas|oil|wood|coal|sun]", {"is heated with {value}"});
    return r;
}

Record product(Scene& s) {
    Record r{s.pick("thing"), s.say("[item|product|article]"), "", "it", {}};
    r.name = "the " + s.say("{invented} ") + r.noun;
    Fields& f = r.fields;
    add(s, f, "[material|made of]", "{material}", {"is made of {value}", "consists of {value}"});
    add(s, f, "[colour|color]", "{colour}", {"is {value}", "comes in {value}"});
    add(s, f, "[weight|weighs]", "[80|120|150|200|250|300|450|600|900] g",
        {"weighs {value}", "has a weight of {value}"});
    add(s, f, "[price|cost]", "£{price}", {"costs {value}", "is sold for {value}"});
    add(s, f, "[made in|origin|country]", "{country}", {"comes from {value}", "is made in {value}"});
    add(s, f, "[in stock|left]", "[yes|no]", {});
    f.back().phrases = f.back().value == "yes"
                           ? std::vector<std::string_view>{"is in stock", "can be bought now"}
                           : std::vector<std::string_view>{"is sold out", "is not in stock"};
    add(s, f, "[shop|sold at]", "the {shop}", {"can be found in {value}", "is sold in {value}"});
    return r;
}

Record pet(Scene& s) {
    Record r{s.pick("pet"), "name", s.pick("pet_name"), s.say("[he|she]"), {}};
    Fields& f = r.fields;
    add(s, f, "[age|years]", "[two|three|four|five|six|seven|eight|nine]", {"is {value} years old"});
    add(s, f, "[colour|fur]", "{fur_colour}", {"is {value}", "has {value} fur"});
    if (r.noun == "parrot" || r.noun == "canary" || r.noun == "goldfish" || r.noun == "tortoise")
        f.back() = {"colour", s.pick("fur_colour"), {"is {value}"}};
    add(s, f, "[owner|belongs to]", "{name_f}", {"belongs to {value}", "lives with {value}"});
    add(s, f, "[eats|food|favourite food]",
        "[carrots|fish|cheese|biscuits|apples|seeds|bread|lettuce|chicken]",
        {"likes to eat {value}", "eats {value}"});
    add(s, f, "[sleeps|bed]", "in the {room}", {"sleeps {value}", "has a bed {value}"});
    add(s, f, "[character|nature]", "{good_trait}", {"is very {value}", "is {value}"});
    add(s, f, "[afraid of|fears]", "[thunder|cats|the postman|water|the dark|loud noises|strangers]",
        {"is afraid of {value}", "does not like {value}"});
    return r;
}

std::string spoken(Scene& s, const Field& field) {
    s.set("value", field.value);
    return s.one_of(field.phrases);
}

}  // namespace

Record draw_record(Scene& s) {
    Record r;
    switch (s.rng.below(12)) {
        case 0:
        case 1:
        case 2:
        case 3:
            r = venue(s);
            break;
        case 4:
            r = hotel(s);
            break;
        case 5:
        case 6:
            r = person(s);
            break;
        case 7:
            r = book(s);
            break;
        case 8:
            r = event(s);
            break;
        case 9:
            r = house(s);
            break;
        case 10:
            r = product(s);
            break;
        default:
            r = pet(s);
            break;
    }
    s.rng.shuffle(r.fields);
    r.fields.resize(std::min<std::size_t>(r.fields.size(), 3 + s.rng.below(5)));
    return r;
}

std::string record_as_data(Scene& s, const Record& r) {
    std::vector<std::pair<std::string, std::string>> rows = {{r.name_key, r.name}};
    if (s.rng.chance(60)) rows.emplace_back(s.rng.chance(60) ? "type" : "kind", r.noun);
    for (const Field& field : r.fields) rows.emplace_back(field.key, field.value);
    std::string out;
    auto each = [&](std::string_view between, auto form) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (i > 0) out += between;
            out += form(rows[i].first, rows[i].second);
        }
    };
    using S = const std::string&;
    switch (s.rng.below(14)) {
        case 0:
            each("\n", [](S k, S v) { return capitalised(k) + ": " + v; });
            break;
        case 1:
            each("\n", [](S k, S v) { return "- " + k + ": " + v; });
            break;
        case 2:
            each("; ", [](S k, S v) { return k + " = " + v; });
            break;
        case 3:
            each(", ", [](S k, S v) { return k + ": " + v; });
            break;
        case 4:
            each("\n", [](S k, S v) { return "| " + k + " | " + v + " |"; });
            break;
        case 5:
            each(" ", [](S k, S v) { return "(" + k + ", " + v + ")"; });
            break;
        case 6:
            each(" ", [](S k, S v) { return "<" + k + "> " + v; });
            break;
        case 7:
            each("\n", [](S k, S v) { return k + " - " + v; });
            break;
        case 8:
            out = "{";
            each(", ", [](S k, S v) { return "\"" + k + "\": \"" + v + "\""; });
            out += "}";
            break;
        case 9:
            each("\n", [](S k, S v) { return k + "\t" + v; });
            break;
        case 10:
            each(" / ", [](S k, S v) { return k + " " + v; });
            break;
        case 11:
            each(" | ", [](S k, S v) { return k + " : " + v; });
            break;
        case 12:
            each(" | ", [](S k, S v) { return k + ": " + v; });
            break;
        default:
            each(",", [](S k, S) { return k; });
            out += "\n";
            each(",", [](S, S v) { return v; });
    }
    return out;
}

std::string record_as_text(Scene& s, const Record& r) {
    std::vector<Field> left = r.fields;
    s.rng.shuffle(left);
    auto take = [&](std::size_t count) {
        std::vector<std::string> phrases;
        for (std::size_t i = 0; i < count && !left.empty(); ++i) {
            phrases.push_back(spoken(s, left.back()));
            left.pop_back();
        }
        return joined(phrases);
    };
    bool human = r.noun == "person";
    s.set("noun", r.noun);
    s.set("name", r.name);
    s.set("first", r.name.substr(0, r.name.find(' ')));
    s.set("vp", take(1 + s.rng.below(2)));
    std::vector<std::string> parts;
    if (human)
        parts.push_back(s.one_of({"{name} {vp}.", "{name} {vp}.", "this is {name}, who {vp}."}));
    else if (r.name_key == "address" || r.name_key == "street" || r.name_key == "where")
        parts.push_back(s.one_of({"the {noun} at {name} {vp}.", "at {name} there is {noun.a} that {vp}."}));
    else if (r.name.rfind("the ", 0) == 0)
        parts.push_back(s.one_of({"{name} {vp}.", "{name} {vp}."}));
    else
        parts.push_back(s.one_of({"{name} is {noun.a} that {vp}.", "the {noun} {name} {vp}.",
                                  "there is {noun.a} called {name} that {vp}.", "{name} {vp}.",
                                  "{name}, {noun.a}, {vp}."}));
    while (!left.empty()) {
        s.set("it", r.pronoun);
        std::string subject = s.say(human ? "[{it}|{it}|{first}]" : "[{it}|{it}|the {noun}]");
        parts.push_back(subject + " " + take(1 + s.rng.below(3)) + ".");
    }
    return with_sentence_capitals(lines(parts, " "));
}

}  // namespace builtin
