// Data and text: records told in sentences, sentences turned into records, questions to tables, time tables.
#include "inflect.h"
#include "kinds.h"
#include "records.h"

namespace builtin {
namespace {

std::string data_to_text(Scene& s) {
    Record record = draw_record(s);
    std::string data = record_as_data(s, record);
    std::string text = record_as_text(s, record);
    if (s.rng.chance(12)) text = tokenised(text);
    switch (s.rng.below(7)) {
        case 0:
            return "Data:\n" + data + "\nText: " + text;
        case 1:
            return data + "\nIn words: " + text;
        case 2:
            return data + "\n=> " + text;
        case 3:
            return "Write about this " + record.noun + ".\n" + data + "\n" + text;
        default:
            return data + "\n" + text;
    }
}

std::string text_to_data(Scene& s) {
    Record record = draw_record(s);
    std::string text = record_as_text(s, record);
    return text + s.say("\n[Facts:|In short:|Summary:|Notes:|As a list:]\n") + record_as_data(s, record);
}

std::string several(Scene& s) {
    std::string out;
    int count = s.rng.range(2, 3);
    for (int i = 0; i < count; ++i) {
        Scene inner(s.rng);
        Record record = draw_record(inner);
        if (i > 0) out += "\n";
        out += record_as_data(inner, record) + "\n" + record_as_text(inner, record);
    }
    return out;
}

std::string questions(Scene& s) {
    Record record = draw_record(s);
    std::string out = record_as_data(s, record);
    for (const Field& field : record.fields) {
        s.set("key", field.key);
        s.set("value", capitalised(field.value));
        s.set("name", record.name);
        out += s.one_of({"\nWhat is written under {key}? {value}.", "\nQuestion: {key}? Answer: {value}.",
                         "\nQ: What do we know about {key}? A: {value}."});
    }
    return out;
}

std::string timetable(Scene& s) {
    s.set("from", s.pick("town"));
    s.set("v", s.say("[train|bus|ferry|tram|boat]"));
    auto stops = s.pick_some("town", static_cast<std::size_t>(s.rng.range(3, 6)));
    int time = s.rng.range(6 * 12, 20 * 12);  // in steps of five minutes
    auto clock = [](int t) {
        int minute = t % 12 * 5;
        return std::to_string(t / 12) + ":" + (minute < 10 ? "0" : "") + std::to_string(minute);
    };
    std::vector<std::string> rows = {s.say("{v.cap} from {from}, {day.pl}")};
    rows.push_back(s.get("from") + "  " + clock(time));
    int start = time;
    for (const std::string& stop : stops) {
        time += s.rng.range(1, 7);
        rows.push_back(stop + "  " + clock(time));
    }
    s.set("last", stops.back());
    s.set("start", clock(start));
    s.set("end", clock(time));
    s.set("minutes", (time - start) * 5);
    s.set("stops", static_cast<int>(stops.size()));
    rows.push_back(s.one_of({"The {v} leaves {from} at {start} and arrives in {last} at {end}.",
                             "The journey from {from} to {last} takes {minutes} minutes.",
                             "The {v} stops {stops.word} times. The last stop is {last}."}));
    return lines(rows);
}

std::string comparison(Scene& s) {
    auto names = s.pick_some("venue", 3);
    std::vector<int> price, rating;
    std::string table = s.say("[name, price, rating|place, cost, stars]");
    for (const std::string& name : names) {
        price.push_back(s.rng.range(4, 40));
        rating.push_back(s.rng.range(1, 5));
        table += "\n" + name + ", £" + std::to_string(price.back()) + ", " + std::to_string(rating.back());
    }
    std::size_t a = s.rng.below(3), b = (a + 1 + s.rng.below(2)) % 3;
    s.set("a", names[a]);
    s.set("b", names[b]);
    s.set("pa", price[a]);
    s.set("pb", price[b]);
    s.set("cmp", price[a] > price[b]   ? "more expensive than"
                 : price[a] < price[b] ? "cheaper than"
                                       : "as expensive as");
    s.set("rel", rating[a] > rating[b] ? "better than" : rating[a] < rating[b] ? "worse than" : "as good as");
    return table + "\n" +
           with_sentence_capitals(s.say("{a} is {cmp} {b}: a meal costs £{pa} there and £{pb} at {b}. "
                                        "[guests say|people say|most visitors think] "
                                        "that {a} is {rel} {b}."));
}

std::string list_of_things(Scene& s) {
    s.person("p");
    struct Sort {
        std::string_view title, list;
    };
    static const std::vector<Sort> sorts = {{"shopping list", "food"},
                                            {"packing list", "clothes"},
                                            {"things to do", "chore"},
                                            {"animals in the zoo", "animal"},
                                            {"birds seen on the walk", "bird"},
                                            {"vegetables in the garden", "vegetable"},
                                            {"plans for the holidays", "activity"},
                                            {"tools in the shed", "tool"},
                                            {"ideas for presents", "gift"},
                                            {"dishes for the party", "dish"},
                                            {"rooms to clean", "room"},
                                            {"books to read", "book_topic"}};
    const Sort& sort = s.rng.pick(sorts);
    s.set("title", std::string(sort.title));
    auto items = s.pick_some(sort.list, static_cast<std::size_t>(s.rng.range(4, 8)));
    std::string head = capitalised(
        s.one_of({"{title}:", "{p}'s list: {title}", "{title} ({day})", "{p} has written down: {title}."}));
    std::string out = head;
    std::size_t style = s.rng.below(4);
    for (std::size_t i = 0; i < items.size(); ++i) {
        out += style == 0   ? "\n- "
               : style == 1 ? "\n" + std::to_string(i + 1) + ". "
               : style == 2 ? "\n* "
                            : (i ? ", " : " ");
        out += items[i];
    }
    s.set("n", static_cast<int>(items.size()));
    s.set("one", items[s.rng.below(items.size())]);
    return out + (style == 3 ? "." : "") + "\n" +
           s.one_of({"That makes {n.word} in all.", "The first is the most important.",
                     "{p} has crossed out one of them: {one}.", "{p} must not forget the last one."});
}

}  // namespace

void add_record_kinds(std::vector<Kind>& kinds) {
    kinds.push_back({"data_to_text", 16, data_to_text, false});
    kinds.push_back({"text_to_data", 4, text_to_data, false});
    kinds.push_back({"several_records", 5, several, false});
    kinds.push_back({"table_questions", 4, questions, false});
    kinds.push_back({"timetable", 2, timetable, false});
    kinds.push_back({"comparison", 2, comparison, false});
    kinds.push_back({"list", 2, list_of_things, false});
}

}  // namespace builtin
