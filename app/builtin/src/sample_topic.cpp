// topic_labels: a short notice gets a label of two words, the desk that deals with it and how soon. The desk
// hangs on one noun among misleading places, the urgency on one time phrase, so both must be read.
#include "sample_tasks.h"

namespace builtin {
namespace {

struct Desk {
    std::string_view label;
    Choices subjects;
};

const std::vector<Desk>& desks() {
    static const std::vector<Desk> all = {
        {"transport",
         {"the ferry", "the night bus", "the tram line", "the train", "a taxi", "the cable car", "the coach",
          "the bicycle path", "the timetable", "the bus stop"}},
        {"water",
         {"the main pipe", "a drain", "the fountain", "the tap", "the well", "the sewer", "the water tower",
          "a burst pipe", "the pump", "the boiler"}},
        {"animals",
         {"a stray dog", "a swan", "a wasp nest", "a lost cat", "a herd of cows", "a fox", "a runaway pony",
          "the pigeons", "a parrot", "the ducks"}},
        {"books",
         {"the reading room", "a borrowed novel", "the late fee", "the atlas", "a library card",
          "the book van", "the archive", "a torn page", "the catalogue", "the story hour"}},
        {"music",
         {"the choir", "the brass band", "a violin lesson", "the organ", "the concert", "the drum class",
          "the orchestra", "a piano tuner", "the bandstand", "the opera"}},
        {"health",
         {"the clinic", "a flu jab", "the dentist", "the nurse", "an eye test", "the chemist",
          "the ambulance", "a bandage", "the waiting list", "the sick room"}},
        {"sport",
         {"the football pitch", "the swimming gala", "a tennis court", "the cup final", "the running club",
          "the skating rink", "the referee", "the chess match", "the goal posts", "the rowing team"}},
        {"food",
         {"the fish stall", "a sour cheese", "the bakery oven", "the school lunch", "a crate of plums",
          "the soup kitchen", "the milk round", "the spice shop", "a mouldy loaf", "the cookery class"}},
        {"waste",
         {"the rubbish cart", "an old mattress", "the glass bank", "a heap of leaves", "the litter bin",
          "the scrap yard", "a broken fridge", "the paper sacks", "the compost", "spilled paint"}},
        {"light",
         {"a street lamp", "the power cable", "the fuse box", "a dark alley", "the lighthouse",
          "the traffic light", "a blown bulb", "the meter", "the Christmas lights", "the generator"}},
        {"law",
         {"a stolen bicycle", "the parking fine", "a forged note", "the noisy neighbour", "the witness",
          "a broken window", "the permit", "the judge", "a picked pocket", "the licence"}},
        {"school",
         {"the spelling test", "the head teacher", "a new pupil", "the homework club", "the playground",
          "the class trip", "the uniform", "the summer term", "the exam", "the blackboard"}},
        {"weather",
         {"the storm", "a flood", "black ice", "thick fog", "the gale", "a heat wave", "the first snow",
          "heavy hail", "a dry spell", "the thunder"}},
        {"housing",
         {"the roof", "a loose chimney", "the rent", "the damp wall", "the lift", "a spare room",
          "the stairwell", "the landlord", "the front door", "the scaffold"}}};
    return all;
}

struct Urgency {
    std::string_view label;
    Choices times;
};

const std::vector<Urgency>& urgencies() {
    static const std::vector<Urgency> all = {
        {"now", {"today", "tonight", "this very hour", "at once", "before noon"}},
        {"soon", {"this week", "by Friday", "tomorrow", "in a day or two", "before the weekend"}},
        {"later",
         {"next month", "in the spring", "some time this year", "after the holidays",
          "when there is money"}}};
    return all;
}

const Choices kPlaces = {"near the station",       "outside the library", "behind the school",
                         "at the football ground", "beside the harbour",  "opposite the clinic",
                         "in front of the bakery", "by the concert hall", "next to the court",
                         "on Mill Lane",           "at the old zoo",      "under the bridge",
                         "in the market square",   "by the fountain"};

const Choices kTemplates = {
    "People keep asking about S P; please see to it T.",
    "There is a question about S P and it must be answered T.",
    "S P needs somebody T.",
    "Mrs Hale P has written about S again; we promised a reply T.",
    "Could somebody look at S P T?",
    "News of S reached us P; nothing else may happen until it is settled, and that means T.",
    "A caller P spoke for ten minutes about S. Settle it T.",
    "S: complaint received P. To be dealt with T.",
    "Our man P reports trouble with S and wants an answer T."};

std::string filled(std::string_view text, std::string_view subject, std::string_view place,
                   std::string_view time) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        bool alone =
            (i == 0 || text[i - 1] == ' ') &&
            (i + 1 == text.size() || std::string_view(" :.;?,").find(text[i + 1]) != std::string_view::npos);
        if (alone && text[i] == 'S')
            out += subject;
        else if (alone && text[i] == 'P')
            out += place;
        else if (alone && text[i] == 'T')
            out += time;
        else
            out += text[i];
    }
    if (out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
    return out;
}

}  // namespace

SampleRow topic_label_row(Rng& rng) {
    const Desk& desk = rng.pick(desks());
    const Urgency& urgency = rng.pick(urgencies());
    std::string notice =
        filled(rng.pick(kTemplates), rng.pick(desk.subjects), rng.pick(kPlaces), rng.pick(urgency.times));
    return {"Notice: " + notice, std::string(desk.label) + ", " + std::string(urgency.label)};
}

}  // namespace builtin
