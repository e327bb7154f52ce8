// Dialogues: shops, directions, bookings, plans, the doctor, school, work; polite and casual ways to say a
// thing.
#include "inflect.h"
#include "kinds.h"

namespace builtin {
namespace {

// Writes turns either as a script ("Tom: ...") or as a told conversation.
std::string conversation(Scene& s, const std::vector<std::string>& turns) {
    std::vector<std::string> out;
    bool script = s.rng.chance(60);
    for (std::size_t i = 0; i < turns.size(); ++i) {
        s.set("t", turns[i]);
        s.set("who", s.get(i % 2 == 0 ? "p" : "q"));
        if (script) {
            out.push_back(s.get("who") + ": " + with_sentence_capitals(turns[i]));
        } else if (turns[i].back() == '?') {
            out.push_back(s.one_of({"\"{t}\" {who} asked.", "\"{t}\" asked {who}.", "{who} asked: \"{t}\""}));
        } else if (turns[i].back() == '.') {
            s.set("t", turns[i].substr(0, turns[i].size() - 1));
            out.push_back(s.one_of({"\"{t},\" {who} said.", "\"{t},\" said {who}.",
                                    "\"{t},\" {who} answered.", "{who} said: \"{t}.\""}));
        } else {
            out.push_back("\"" + turns[i] + "\" " + s.say("said {who}."));
        }
    }
    return lines(out, script ? "\n" : " ");
}

void two_people(Scene& s) {
    s.person("p");
    s.person("q");
}

// Each template is an exchange, "first turn => second turn", so that an answer fits its question.
std::string talk(Scene& s, const std::vector<Templates>& exchanges) {
    std::vector<std::string> turns;
    for (const Templates& choices : exchanges) {
        std::string exchange = s.one_of(choices);
        std::size_t arrow = exchange.find(" => ");
        turns.push_back(exchange.substr(0, arrow));
        if (arrow != std::string::npos) turns.push_back(exchange.substr(arrow + 4));
    }
    return conversation(s, turns);
}

std::string at_the_shop(Scene& s) {
    two_people(s);
    s.set("x", s.say("[{thing}|{clothes}|{tool}|{gift}|{furniture}]"));
    s.set("c", s.pick("colour"));
    return talk(
        s, {{"{greeting}, can I help you? => yes, please. I am looking for {x.a}.",
             "{greeting}. what can I do for you? => {greeting}. do you have {x.a}?",
             "{greeting}, are you looking for something? => I need {x.a} for my {relative}.",
             "can I help you? => I am looking for a present for my {relative}, perhaps {x.a}."},
            {"what colour would you like? => {c} would be best.",
             "how much would you like to spend? => not more than £{price}.",
             "certainly. this one is made of {hard_material}. => it looks a bit too {size}. do you have "
             "another one?",
             "we have {number_small} different ones. here they are. => I like the {c} one.",
             "would you like a large one or a small one? => a small one, please.",
             "is it for you? => no, it is for my {relative}, who likes {hobby}."},
            {"then take this one. it costs £{price}. => very nice. I will take it.",
             "this one is {thing_adj} and costs only £{price}. => can I pay by card?",
             "I am sorry, we have only {colour} ones left. => what a pity. then I will come back on {day}.",
             "here you are. it is £{price}. => that is too expensive, I am afraid.",
             "this is the best one that we have. => how much is it?"},
            {"of course. shall I put it in a bag? => yes, please. {thanks}.",
             "it is £{price} with the box. => all right. here you are.",
             "as you like. we are open until {late_hour}. => {thanks}. {bye}!"}});
}

std::string directions(Scene& s) {
    two_people(s);
    s.set("b", s.pick("building"));
    return talk(s, {{"excuse me, how do I get to the {b}? => go [straight on|down this road|along the river] "
                     "as far as the {b2:building}, and then turn [left|right].",
                     "excuse me, is there {b.a} near here? => yes, it is not far. take the "
                     "[first|second|third] street on the [left|right].",
                     "sorry, do you know where the {b} is? => let me see. first you cross the bridge, then "
                     "you turn [left|right] at the {shop}."},
                    {"is it far? => no, only {number_small} minutes on foot.",
                     "how long does it take? => about {number_small} minutes.",
                     "can I go there {travel}? => yes, but it is only {number_small} minutes on foot.",
                     "and then? => then you will see {venue} on the [left|right]. the {b} is behind it."},
                    {"is it open on {day.pl}? => I think it is open until {late_hour}.",
                     "{thanks}. I am new in {town}. => {welcome}. enjoy your stay.",
                     "is there {eatery.a} on the way? => yes, {venue}. the {dish} is {good_taste}."},
                    {"{thanks}. {bye}! => {bye}!", "{thanks} for your help. => {welcome}."}});
}

std::string booking(Scene& s) {
    two_people(s);
    s.set("v", s.pick("venue"));
    s.set("n", s.rng.range(2, 12));
    s.set("d", s.pick("day"));
    s.set("h", s.pick("late_hour"));
    return talk(s, {{"{v}, {greeting}. how can I help you? => {greeting}. I would like to book a table for "
                     "{n.word} on {d}.",
                     "{v}, {greeting}. => {greeting}. do you have a table for {n.word} people on {d}?"},
                    {"at what time? => at {h} o'clock, please.",
                     "when would you like to come? => at {h}, if possible.",
                     "at {h} we still have one. is that all right? => yes, {h} is fine."},
                    {"would you like to sit inside or outside? => [inside|outside], please. there will be "
                     "{number_small} children with us.",
                     "would you like a table by the window? => yes, please. do you have {food_style}?",
                     "we close at ten. is that a problem? => no, not at all.",
                     "on {d} there is live music. do you mind? => no, that sounds good."},
                    {"very well. what is your name, please? => {q} {surname}.",
                     "and the name? => my name is {q}, {q} {surname}."},
                    {"thank you. a table for {n.word} on {d} at {h}. => {thanks}. {bye}.",
                     "{thanks}, {q}. we look forward to seeing you. => wonderful. until {d}!"}});
}

std::string plans(Scene& s) {
    two_people(s);
    auto acts = s.pick_some("activity", 3);
    s.set("a", acts[0]);
    s.set("b", acts[1]);
    s.set("c", acts[2]);
    s.set("d", s.pick("day"));
    return talk(s,
                {{"what shall we do on {d}? => we could {a}.",
                  "do you have time on {d}? => yes. I would like to {a}.",
                  "it is {weather_adj} today. shall we do something together? => yes, let us {a}.",
                  "I am bored. => how about {a.ing}?"},
                 {"I {a.ed} only yesterday. why don't we {b}? => all right, but only if {name_f} comes too.",
                  "the radio says there will be {weather_noun}. => then let us stay inside and {b}.",
                  "I am tired of that. I would rather {b}. => then let us {b} or {c}.",
                  "that is a good idea. => and afterwards we can {b}."},
                 {"where shall we meet? => let us meet {where}.",
                  "when shall I pick you up? => at {clock_hour}, in front of the {building}.",
                  "what should I bring? => bring {thing.a} and some {food}."},
                 {"good. I will be there at {clock_hour}. => do not be late!",
                  "I will ask my {relative} to come, too. => yes, that would be nice.",
                  "see you on {d}. => {bye}!"}});
}

std::string doctor(Scene& s) {
    two_people(s);
    s.set("i", s.pick("illness"));
    s.set("b", s.pick("body"));
    return talk(s, {{"{greeting}. what is the matter? => I have {i}.",
                     "how do you feel today? => not very well. my {b} hurts.",
                     "please sit down. what is wrong? => I fell down and hurt my {b}.",
                     "what can I do for you? => I have had {i} since {day}."},
                    {"how long have you had it? => for {number_small} days.",
                     "does it hurt when I touch it? => yes, a little.",
                     "do you sleep well? => not really. I wake up {number_small} times a night.",
                     "did you eat anything unusual? => only some {dish}.",
                     "do you feel hot or cold? => sometimes hot and sometimes cold."},
                    {"drink a lot of {hot_drink} and stay in bed. => for how long?",
                     "take this medicine {number_small} times a day. => before or after meals?",
                     "it is nothing serious. rest for a few days. => can I go to work?",
                     "I will write you a letter for {job.a}. => is it so bad?"},
                    {"until {day}, I think. {ill_wish}. => {thanks}, doctor.",
                     "come back on {day} if it is not better. => I will. {thanks}."}});
}

std::string at_school(Scene& s) {
    two_people(s);
    s.set("s", s.pick("subject"));
    return talk(
        s, {{"did you do the {s} homework? => no, I forgot it.",
             "did you do the {s} homework? => yes, but it was hard.",
             "what did you learn in {s} today? => we learned about {animal.pl}.",
             "what did you do in {s}? => we read {book_kind.a} about {book_topic}.",
             "have you seen my {school_thing}? => it is {where}.",
             "who is your favourite teacher? => {name_f} {surname}, because she is {good_trait}."},
            {"can you help me with number {number_small}? => of course. come to my house at {late_hour}.",
             "I like {subject} better than {s}. => so do I. I am not good at {s}.",
             "our teacher was very {bad_trait} today. => really? yesterday she was {good_trait}."},
            {"shall we play {game} afterwards? => my {older} says I must {chore} first.",
             "and then we could {activity}. => that sounds good.",
             "can I bring {name_m}, too? => yes, he is very {good_trait2:good_trait}."},
            {"see you at the {building}. => {bye}!", "I will bring {food}. => and I will bring {drink}."}});
}

std::string at_work(Scene& s) {
    two_people(s);
    s.set("x", s.pick("problem"));
    return talk(s, {{"we have {x}. => again? when did that happen?",
                     "{greeting}. I am calling about {x}. => I am sorry to hear that. since when?",
                     "there is {x} in room {number_small}. => who told you that?"},
                    {"{name_m} found it on {day}. => where exactly?",
                     "this morning {name_f} saw it. => and where is it?",
                     "I noticed it at {early_hour} o'clock. => where is it?"},
                    {"in the {room}, next to the {furniture}. => I will send somebody with {tool.a}.",
                     "in the {room}. => we need {job.a} for that.",
                     "near the door of the {room}. => I can come at {clock_hour}."},
                    {"how much will it cost? => about £{price}, I think.",
                     "how long will it take? => only {number_small} hours.",
                     "the guests come at {late_hour}. => all right, then I will hurry."},
                    {"{thanks}. => {welcome}. {bye}.", "{thanks}. I will tell {name_f}. => good. {bye}."}});
}

std::string polite_pairs(Scene& s) {
    std::vector<std::string> rows;
    auto requests = s.pick_some("request", static_cast<std::size_t>(s.rng.range(2, 4)));
    std::size_t style = s.rng.below(4);
    for (const std::string& request : requests) {
        s.set("r", request);
        std::string polite =
            s.one_of({"could you {r}, please?", "would you please {r}?", "can you {r}, please?",
                      "{r}, please.", "I wonder if you could {r}.", "may I ask you to {r}?"});
        std::string casual = s.one_of({"{r}!", "{r} now.", "hey, {r}.", "just {r}, will you?"});
        s.set("polite", capitalised(polite));
        s.set("casual", capitalised(casual));
        if (style == 0)
            rows.push_back(s.say("To a friend: {casual} To a stranger: {polite}"));
        else if (style == 1)
            rows.push_back(s.say("Not so friendly: \"{casual}\" Better: \"{polite}\""));
        else if (style == 2)
            rows.push_back(s.say("{name_f} says \"{casual}\" [but|while] {name_m} says \"{polite}\""));
        else
            rows.push_back(s.say("Casual - {casual}\nFormal - {polite}"));
    }
    if (s.rng.chance(50))
        rows.push_back(s.one_of({"Both mean the same, but the second sounds kinder.",
                                 "Words like please and thank you cost nothing.",
                                 "A question is often kinder than an order."}));
    return lines(rows);
}

}  // namespace

void add_talk_kinds(std::vector<Kind>& kinds) {
    kinds.push_back({"talk_shop", 3, at_the_shop});
    kinds.push_back({"talk_directions", 2, directions});
    kinds.push_back({"talk_booking", 2, booking});
    kinds.push_back({"talk_plans", 3, plans});
    kinds.push_back({"talk_doctor", 2, doctor});
    kinds.push_back({"talk_school", 2, at_school});
    kinds.push_back({"talk_work", 2, at_work});
    kinds.push_back({"polite_casual", 2, polite_pairs, false});
}

}  // namespace builtin
