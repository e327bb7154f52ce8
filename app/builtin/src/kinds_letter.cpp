// Letters, messages, invitations, complaints, notes, diary pages, advertisements.
#include "inflect.h"
#include "kinds.h"

namespace builtin {
namespace {

std::string framed(Scene& s, const std::string& body, bool formal = false) {
    std::string head = s.say(formal ? "[Dear Sir or Madam|Dear {q.title_name}|Dear {q.title_name}],"
                                    : "[Dear|Hello|Dear|Hi] {q},");
    std::string tail = s.say(formal ? "[Yours sincerely|Yours faithfully|Kind regards],\n{p} {surname}"
                                    : "[Love|Best wishes|Yours|Many greetings|Kind regards|With love],\n{p}");
    return head + "\n" + with_sentence_capitals(body) + "\n" + tail;
}

void two_people(Scene& s) {
    s.person("p");
    s.person("q");
    s.set("q.title_name", std::string(s.get("q.he") == "she" ? "Mrs " : "Mr ") + s.pick("surname"));
}

std::string holiday(Scene& s) {
    two_people(s);
    return framed(
        s, lines({s.one_of({"I am writing from {town}, where we are on holiday.", "greetings from {country}!",
                            "we arrived in {town} on {day}.", "how are you? we are in {country} at last."}),
                  some_of(s,
                          {"the weather is {weather_adj} and {weather_adj2:weather_adj}.",
                           "our hotel is {atmosphere}, and from the window we can see the {outdoors}.",
                           "yesterday we {past_activity} and ate {dish}.",
                           "the people here are {good_trait}, and the food is {good_taste}.",
                           "{name_f} has learned to {learn_verb}.",
                           "on {day} I lost my {small_thing}, but {job.a} found it.",
                           "I have bought you {gift.a}.", "tomorrow we want to {activity}.",
                           "every {daytime} we walk along the {outdoors2:outdoors}.",
                           "only the {vehicle} ride was too long."},
                          4 + s.rng.below(3)),
                  s.one_of({"I hope you are well.", "see you in {month}!",
                            "please feed the {pet} and water the plants.", "write back soon."})},
                 " "));
}

std::string thanks_letter(Scene& s) {
    two_people(s);
    s.set("g", s.pick("gift"));
    return framed(
        s, lines({s.one_of({"thank you very much for the {g}.", "what a lovely {g}! thank you.",
                            "the {g} arrived on {day}, and I am very {happy}."}),
                  some_of(s,
                          {"it is just the right colour.",
                           "I have put it in the {room}, next to the {furniture}.",
                           "my {relative} wants one, too.",
                           "it was so [kind|thoughtful|generous] of you to think of me.",
                           "I use it every {daytime}.", "we had a good party with {dish} and {dish2:dish}.",
                           "{name_m} brought {thing.a}, and {name_f} played the {instrument}.",
                           "it was {weather_adj}, so we sat in the {room2:room}."},
                          3 + s.rng.below(3)),
                  s.one_of({"I hope to see you in {month}.", "come and visit us soon.",
                            "please give my love to your {relative}."})},
                 " "));
}

std::string invitation(Scene& s) {
    two_people(s);
    s.set("e", s.pick("family_event"));
    return framed(s, lines({s.one_of({"I would like to invite you to my {e} on {day}.",
                                      "we are having {e.a} on {day}, and we hope that you can come.",
                                      "on {day} it is my {relative}'s {e}. will you come?"}),
                            some_of(s,
                                    {"it begins at {clock_hour} o'clock {where}.",
                                     "there will be {dish}, {dish2:dish} and {drink}.",
                                     "please bring {thing.a}.", "{name_f} and {name_m} are coming as well.",
                                     "if the weather is {weather_adj}, we will {activity}.",
                                     "you can come {travel}; the stop is near the {building}.",
                                     "you may stay for the night, for we have a free bed in the {room}.",
                                     "do not tell {name_f2:name_f}, because it is a surprise."},
                                    3 + s.rng.below(4)),
                            s.one_of({"please let me know by {day2:day}.", "I am looking forward to it.",
                                      "I hope you can come."})},
                           " "));
}

std::string complaint(Scene& s) {
    two_people(s);
    s.set("x", s.say("[{machine}|{thing}|{furniture}|{clothes}]"));
    return framed(
        s,
        lines({s.one_of({"on {day} I bought {x.a} in your shop on {street}.",
                         "I am writing about the {x} which you sent me in {month}.",
                         "last week I ordered {x.a} from you for £{price}."}),
               some_of(s,
                       {"unfortunately it was [broken|scratched|wet|torn|empty] when I opened the box.",
                        "it arrived {number_small} days late.",
                        "it is {colour}, although I had ordered {colour2:colour}.",
                        "your {job} on the phone was {bad_trait}.",
                        "after {number_small} days it stopped working.", "there was no bill in the parcel.",
                        "I have called you {number_small} times, but nobody answered."},
                       2 + s.rng.below(3)),
               s.one_of({"please send me a new one.", "I would like to have my money back.",
                         "could you please tell me what to do?"}),
               s.one_of({"I hope to hear from you soon.", "please reply before {day}.",
                         "thank you for your help."})},
              " "),
        true);
}

std::string messages(Scene& s) {
    two_people(s);
    std::vector<std::string> rows;
    Templates notes = {"{p} to {q}: I will be late, {reason_late}.",
                       "{p} to {q}: can you buy {food} and {food2:food}?",
                       "{q} to {p}: I am at the {building}. where are you?",
                       "{p} to {q}: do not forget to {chore}!",
                       "{q} to {p}: {yes}. see you at {clock_hour}.",
                       "{q} to {p}: the {pet} is {where} again.",
                       "{p} to {q}: {name_f} called. call back after {late_hour}.",
                       "{p} to {q}: we meet {where2:where} at {clock_hour}.",
                       "{q} to {p}: I have found your {small_thing}.",
                       "{p} to {q}: happy birthday! I have {gift.a} for you.",
                       "{q} to {p}: shall we {activity} on {day}?",
                       "{p} to {q}: {ill_wish}.",
                       "{q} to {p}: the key is under the {container}."};
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < notes.size(); ++i) order.push_back(i);
    s.rng.shuffle(order);
    order.resize(static_cast<std::size_t>(s.rng.range(4, 7)));
    for (std::size_t i : order) {
        std::string note = s.say(notes[i]);
        std::size_t colon = note.find(": ") + 2;
        rows.push_back(note.substr(0, colon) + with_sentence_capitals(note.substr(colon)));
    }
    return lines(rows);
}

std::string diary(Scene& s) {
    s.person("q");
    return capitalised(s.pick("day")) + ", " + std::to_string(s.rng.range(1, 28)) + " " + s.pick("month") +
           "\n" +
           with_sentence_capitals(lines(
               {s.one_of({"today was {weather_adj.a} day.",
                          "I got up at {early_hour} and had {breakfast_food} for breakfast.", "what a day!",
                          "dear diary, {sky}."}),
                some_of(s,
                        {"in the morning I had to {chore}.", "then I {past_activity} with {q}.",
                         "{q} told me about {book_topic}, and I listened.",
                         "at school we had {subject}, and I was {unhappy}.",
                         "at noon there was {dish}; it was {good_taste}.", "I saw {animal.a} {where}.",
                         "my {relative} was {bad_trait} again.", "I learned to {learn_verb}.",
                         "I found {small_thing.a} {where2:where}.", "{sound}, and I felt {happy}.",
                         "{q} says that I am too {bad_trait2:bad_trait}."},
                        4 + s.rng.below(4)),
                s.one_of({"tomorrow I want to {activity}.", "now I am {unhappy2:unhappy} and go to bed.",
                          "I hope that tomorrow will be {weather_adj2:weather_adj}.",
                          "I must not forget to {chore}."})},
               " "));
}

std::string advert(Scene& s) {
    s.person("p");
    s.set("x", s.say("[{furniture}|{machine}|{instrument}|{vehicle}|{thing}]"));
    switch (s.rng.below(4)) {
        case 0:
            return s.one_of({"for sale:", "I am selling", "to sell:"}) +
                   s.say(
                       " {thing_adj.a} {x}, {colour}, {number_small} years old, for £{price}. it [works "
                       "well|has a few scratches|was never used|needs a new {tool}]. "
                       "you can see it at {p}'s house on {street}, every {day} after {late_hour}. please "
                       "call before you come. I can also bring it to {town} [for free|for £5].");
        case 1:
            return s.say(
                "lost: on {day} I lost my {small_thing} {where}. it is {colour} and made of {hard_material}. "
                "if you find it, please bring it to {p}, {street}. "
                "it was a present from my {relative}, so it means a lot to me. there is a reward of "
                "£{price}.");
        case 2:
            return s.say(
                "wanted: we are looking for {job.a} for our {shop} in {town}. you should be {good_trait} and "
                "{good_trait2:good_trait} and able to {learn_verb}. "
                "we offer good pay, free {meal}, and {number_small} weeks of holiday a year. write to {p} "
                "{surname} before the end of {month}.");
        default:
            return s.say(
                "{p} teaches {subject} and {instrument}. lessons are on {day.pl} at {late_hour} and cost "
                "£{price} an hour. beginners are welcome. "
                "you do not need {thing.a} of your own. [children must be older than {number_small}|the "
                "first lesson is free|lessons take place {where}].");
    }
}

}  // namespace

void add_letter_kinds(std::vector<Kind>& kinds) {
    kinds.push_back({"letter_holiday", 3, holiday, false});
    kinds.push_back({"letter_thanks", 2, thanks_letter, false});
    kinds.push_back({"invitation", 2, invitation, false});
    kinds.push_back({"complaint", 2, complaint, false});
    kinds.push_back({"messages", 2, messages, false});
    kinds.push_back({"diary", 3, diary, false});
    kinds.push_back({"advert", 2, advert});
}

}  // namespace builtin
