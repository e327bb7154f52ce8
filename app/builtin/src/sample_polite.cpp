// polite_rewrite: a blunt sentence becomes a courteous one in a fixed old-fashioned house style. The kind of
// request chooses the frame, blunt words have courteous counterparts, and the way the pressure is put chooses
// the ending.
#include "sample_tasks.h"

namespace builtin {
namespace {

struct Pair {
    std::string_view blunt, courteous;
};

const std::vector<Pair> kThings = {
    {"bike", "bicycle"},          {"phone", "telephone"},   {"telly", "television set"},
    {"stuff", "belongings"},      {"junk", "collection"},   {"cash", "small sum"},
    {"grub", "luncheon"},         {"shades", "spectacles"}, {"car", "motor car"},
    {"bag", "travelling bag"},    {"mag", "periodical"},    {"pic", "photograph"},
    {"spud", "potato"},           {"cuppa", "cup of tea"},  {"brolly", "umbrella"},
    {"specs", "reading glasses"}, {"fridge", "ice box"},    {"ride", "carriage"},
    {"pad", "residence"},         {"mutt", "hound"},        {"booze", "refreshments"},
    {"bill", "account"},          {"job", "undertaking"},   {"note", "kind letter"}};

const std::vector<Pair> kTitles = {{"Boss", "Esteemed director"},  {"Waiter", "Good sir of the tables"},
                                   {"Driver", "Honoured driver"},  {"Doc", "Respected doctor"},
                                   {"Lady", "Gracious lady"},      {"Kid", "Young friend"},
                                   {"Teach", "Dear schoolmaster"}, {"Neighbour", "Kind neighbour"},
                                   {"Guard", "Watchful guard"},    {"Cook", "Master of the kitchen"}};

// How the blunt sentence presses, and how the courteous one closes.
const std::vector<Pair> kPressure = {{"", "if it is no trouble"},
                                     {" now", "at your earliest leisure"},
                                     {" right away", "as soon as the day allows"},
                                     {" or I leave", "lest I should have to depart"},
                                     {" and make it quick", "with whatever haste suits you"},
                                     {" for once", "as a rare kindness"},
                                     {" before I lose it", "while my patience is fresh"},
                                     {" today", "before the lamps are lit"}};

struct Frame {
    std::string_view blunt, courteous;  // X thing, Z pressure and ending
};

const std::vector<Frame> kFrames = {
    {"give me the X Z", "might I be granted the X, Z?"},
    {"fix my X Z", "would you consent to restore my X, Z?"},
    {"move your X Z", "may I ask that your X find another spot, Z?"},
    {"get rid of that X Z", "perhaps the X could be shown the door, Z?"},
    {"bring back my X Z", "I should be glad to see my X again, Z."},
    {"don't touch my X Z", "I would ask that my X be left in peace, Z."},
    {"where is my X? tell me Z", "could you enlighten me as to my X, Z?"},
    {"pay for the X Z", "it would be noble of you to settle the X, Z."},
    {"stop shouting about the X Z", "a softer word about the X would delight me, Z."},
    {"shut up about your X Z", "let us speak of other things than your X, Z."},
    {"find my X Z", "would you join the search for my X, Z?"},
    {"clean the X Z", "the X would thank you for a little polish, Z."},
    {"show me your X Z", "I long to behold your X, Z."},
    {"send the X Z", "kindly set the X upon its way, Z."},
    {"throw out the X Z", "the X has served its time, I fear, so let it go, Z."},
    {"lend me your X Z", "dare I hope for the loan of your X, Z?"}};

std::string filled(std::string_view frame, std::string_view thing, std::string_view pressure) {
    std::string out;
    for (char c : frame) {
        if (c == 'X')
            out += thing;
        else if (c == 'Z')
            out += pressure;
        else
            out += c;
    }
    return out;
}

}  // namespace

SampleRow polite_rewrite_row(Rng& rng) {
    const Frame& frame = rng.pick(kFrames);
    const Pair &thing = rng.pick(kThings), &title = rng.pick(kTitles), &pressure = rng.pick(kPressure);
    bool titled = rng.chance(60), shouted = rng.chance(40);
    std::string blunt =
        filled(frame.blunt, thing.blunt, pressure.blunt.empty() ? "" : pressure.blunt.substr(1));
    while (blunt.back() == ' ') blunt.pop_back();
    blunt += shouted ? "!" : ".";
    std::string polite = filled(frame.courteous, thing.courteous, pressure.courteous);
    auto capital = [](std::string& text) {
        if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
    };
    if (titled) {
        blunt = std::string(title.blunt) + ", " + blunt;
        polite = std::string(title.courteous) + ", " + polite;
    } else {
        capital(blunt);
        capital(polite);
    }
    if (shouted) polite = "Forgive me. " + polite;
    return {"Blunt: " + blunt, polite};
}

}  // namespace builtin
