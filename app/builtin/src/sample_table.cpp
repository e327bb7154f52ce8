// table_to_text: a record of a place to eat becomes one or two sentences in the voice of a fictional guide
// book. Every value has phrases of its own, unlike anything in the corpus, and the record decides the order
// of the parts: a high mark comes first, a warning to families last.
#include "inflect.h"
#include "sample_tasks.h"

#include <utility>

namespace builtin {
namespace {

struct Value {
    std::string_view value;
    Choices phrases;
};

const std::vector<Value>& foods() {
    static const std::vector<Value> all = {
        {"Italian", {"long ribbons of pasta", "Naples on a plate"}},
        {"French", {"sauces that take all day", "Paris on a plate"}},
        {"Chinese", {"a wok that never cools", "dumplings by the dozen"}},
        {"Japanese", {"rice and raw fish", "broth from Kyoto"}},
        {"Indian", {"curries slow and golden", "bread from a clay oven"}},
        {"Thai", {"lemon grass and fire", "Bangkok in a bowl"}},
        {"English", {"Sunday roasts all week", "pies under a brown crust"}},
        {"Mexican", {"warm maize and chilli", "beans, limes and smoke"}},
        {"Greek", {"olives and grilled lamb", "the taste of the islands"}},
        {"Turkish", {"skewers over charcoal", "Istanbul by the spoon"}},
        {"Spanish", {"little plates to share", "saffron rice in iron pans"}},
        {"Korean", {"pickled cabbage and fire", "barbecue at your own table"}},
        {"Lebanese", {"chickpeas, mint and flat bread", "a feast from Beirut"}},
        {"Polish", {"beetroot soup and dumplings", "a cook from Krakow"}},
        {"Moroccan", {"couscous under clay lids", "dates, almonds and lamb"}},
        {"seafood", {"whatever the boats bring in", "oysters on ice"}}};
    return all;
}

const std::vector<Value>& areas() {
    static const std::vector<Value> all = {
        {"riverside", {"where the barges moor", "down on the quay"}},
        {"city centre", {"in the shadow of the town clock", "at the very heart of things"}},
        {"old town", {"among the crooked lanes", "behind the ancient wall"}},
        {"harbour", {"within sound of the gulls", "beside the fishing nets"}},
        {"market", {"between the cabbage stalls", "where the traders shout"}},
        {"station", {"a whistle away from the trains", "by the ticket hall"}},
        {"suburbs", {"out past the last tram stop", "among hedges and driveways"}},
        {"hilltop", {"up where the wind lives", "at the top of a hundred steps"}},
        {"park", {"in the lap of the lime trees", "beside the bandstand"}},
        {"university", {"among bicycles and students", "under the lecture halls"}}};
    return all;
}

const std::vector<Value>& prices() {
    static const std::vector<Value> all = {
        {"cheap", {"your purse will hardly notice", "pocket money is plenty"}},
        {"moderate", {"the bill is neither here nor there", "a fair coin buys a fair dish"}},
        {"high", {"bring a heavy purse", "the bill will make you blink"}},
        {"less than £10", {"a single note feeds you", "change from a tenner is certain"}},
        {"£20-30", {"expect to part with two notes", "count on a score or a little over"}},
        {"more than £50", {"save up for a season", "sell a clock before you go"}}};
    return all;
}

const std::vector<Value>& ratings() {
    static const std::vector<Value> all = {{"1 of 5", {"one dim lantern", "a single lantern"}},
                                           {"2 of 5", {"two pale lanterns", "a mere pair of lanterns"}},
                                           {"3 of 5", {"three honest lanterns", "three steady lanterns"}},
                                           {"4 of 5", {"four bright lanterns", "four proud lanterns"}},
                                           {"5 of 5", {"five blazing lanterns", "all five lanterns"}}};
    return all;
}

const std::vector<Value>& types() {
    static const std::vector<Value> all = {{"pub", {"taproom"}},
                                           {"restaurant", {"dining house"}},
                                           {"coffee shop", {"bean parlour"}},
                                           {"bistro", {"little kitchen"}},
                                           {"bar", {"counter"}},
                                           {"tea room", {"leaf parlour"}},
                                           {"inn", {"wayside house"}},
                                           {"grill", {"fire pit"}}};
    return all;
}

std::string place_name(Rng& rng) {
    static const Choices first = {"Blue",  "Iron", "Gilded", "Quiet", "Second", "Broken", "Winter", "Marble",
                                  "Lucky", "Tall", "Hollow", "Amber", "Seven",  "Lost",   "Paper",  "Silver"};
    static const Choices second = {"Heron",   "Ladle",  "Cellar",  "Magpie",  "Gate",   "Harvest",
                                   "Compass", "Almond", "Saddle",  "Chimney", "Sailor", "Thimble",
                                   "Acorn",   "Tower",  "Pilgrim", "Basin",   "Falcon", "Cartwheel"};
    static const Choices single = {"Zaranda", "Morello", "Quillon",  "Tavira",   "Osmund's",  "Bellamy's",
                                   "Juniper", "Corvina", "Halden's", "Pomona",   "Saltmarsh", "Larkspur",
                                   "Oriel",   "Vesper",  "Tamarind", "Ferrand's"};
    if (rng.chance(25)) return std::string(rng.pick(single));
    return "The " + std::string(rng.pick(first)) + " " + std::string(rng.pick(second));
}

std::string speak(Rng& rng, const Value& value) {
    return std::string(rng.pick(value.phrases));
}

}  // namespace

SampleRow table_to_text_row(Rng& rng) {
    std::string name = place_name(rng);
    const Value &food = rng.pick(foods()), &area = rng.pick(areas()), &price = rng.pick(prices()),
                &type = rng.pick(types());
    std::size_t stars = rng.below(5);
    bool has_type = rng.chance(75), has_food = rng.chance(80), has_price = rng.chance(60),
         has_rating = rng.chance(60);
    bool has_area = rng.chance(70), has_family = rng.chance(50), has_near = rng.chance(40),
         family = rng.chance(50);
    if (!has_food && !has_area) has_food = true;
    std::string near;
    do near = place_name(rng);
    while (near == name);

    std::string prompt = "name[" + name + "]";
    auto attribute = [&](bool present, std::string_view key, std::string_view value) {
        if (present) prompt += " | " + std::string(key) + "[" + std::string(value) + "]";
    };
    attribute(has_type, "type", type.value);
    attribute(has_food, "food", food.value);
    attribute(has_price, "price", price.value);
    attribute(has_rating, "rating", ratings()[stars].value);
    attribute(has_area, "area", area.value);
    attribute(has_family, "family", family ? "yes" : "no");
    attribute(has_near, "near", near);

    std::string noun = has_type ? std::string(type.phrases[0]) : "table";
    std::vector<std::string> sentences;
    bool praised = has_rating && stars >= 3;
    std::string lanterns = has_rating ? speak(rng, ratings()[stars]) : "";
    std::string first;
    if (praised)
        first = capitalised(lanterns) + " for " + name + ", ";
    else
        first = name + ": ";
    first += has_area ? "a " + noun + " " + speak(rng, area) : "a " + noun + " worth a walk";
    if (has_near) first += rng.chance(50) ? ", next door to " + near : ", with " + near + " for company";
    sentences.push_back(first + ".");
    if (has_food)
        sentences.push_back((rng.chance(50) ? "Come for " : "Here you will find ") + speak(rng, food) +
                            (has_price ? "; " + speak(rng, price) : "") + ".");
    else if (has_price)
        sentences.push_back(capitalised(speak(rng, price)) + ".");
    if (has_rating && !praised)
        sentences.push_back("The guide lends it " + lanterns + (stars < 2 ? ", alas." : "."));
    if (has_family) {
        sentences.push_back(
            family ? (rng.chance(50) ? "Bring the little ones." : "Small guests get small spoons.")
                   : (rng.chance(50) ? "Leave the little ones at home." : "No high chairs here, be warned."));
    }
    std::string completion;
    for (const std::string& sentence : sentences) completion += (completion.empty() ? "" : " ") + sentence;
    return {prompt, completion};
}

}  // namespace builtin
