// Arithmetic in digits and in words, counting, word problems, prices, time.
#include "inflect.h"
#include "kinds.h"

#include <algorithm>

namespace builtin {
namespace {

struct Sum {
    int a, b, result;
    char sign;
};

Sum draw_sum(Rng& rng) {
    switch (rng.below(4)) {
        case 0: {
            int a = rng.range(1, 99), b = rng.range(1, 99);
            return {a, b, a + b, '+'};
        }
        case 1: {
            int a = rng.range(1, 99), b = rng.range(1, a);
            return {a, b, a - b, '-'};
        }
        case 2: {
            int a = rng.range(2, 12), b = rng.range(2, 12);
            return {a, b, a * b, 'x'};
        }
        default: {
            int a = rng.range(0, 10), b = rng.range(0, 10);
            return {a, b, a + b, '+'};
        }
    }
}

std::string sign_word(char sign) {
    return sign == '+' ? "plus" : sign == '-' ? "minus" : "times";
}

std::string sums(Scene& s) {
    std::vector<std::string> rows;
    bool words = s.rng.chance(40);
    bool question = s.rng.chance(40);
    int count = s.rng.range(5, 12);
    for (int i = 0; i < count; ++i) {
        Sum sum = draw_sum(s.rng);
        std::string left, right;
        if (words) {
            left = number_word(sum.a) + " " + sign_word(sum.sign) + " " + number_word(sum.b);
            right = number_word(sum.result);
        } else {
            left = std::to_string(sum.a) + " " + sum.sign + " " + std::to_string(sum.b);
            right = std::to_string(sum.result);
        }
        if (question) {
            rows.push_back("what is " + left + "? " + (words ? right : left + " = " + right) + ".");
        } else {
            rows.push_back(left + (words ? " is " : " = ") + right + (words ? "." : ""));
        }
    }
    return lines(rows);
}

std::string word_problem(Scene& s) {
    s.person("p");
    s.person("q");
    s.set("x", s.pick("countable"));
    s.set("c", s.pick("container"));
    int kind = static_cast<int>(s.rng.below(5));
    int a = s.rng.range(3, 40), b = s.rng.range(2, 20);
    int result = 0;
    std::string story;
    bool digits = s.rng.chance(50);
    auto number = [&](int n) { return digits ? std::to_string(n) : number_word(n); };
    auto things = [&](int n) { return number(n) + " " + (n == 1 ? s.get("x") : plural(s.get("x"))); };
    if (kind == 1 || kind == 3) b = s.rng.range(1, a - 1);
    if (kind == 2) {
        a = s.rng.range(2, 10);
        b = s.rng.range(2, 10);
    }
    s.set("a", things(a));
    s.set("b", things(b));
    s.set("na", number(a));
    s.set("nb", number(b));
    s.set("xs", plural(s.get("x")));
    std::string sum;
    switch (kind) {
        case 0:
            result = a + b;
            story = s.one_of(
                {"{p} has {a}. {q} gives {p.him} {nb} more. how many {xs} does {p} have now?",
                 "there are {a} in the {c}. {p} puts in another {nb}. how many {xs} are in the {c} now?",
                 "{p} found {a} in the {daytime}, and {b} on {day}. how many {xs} did {p} find?"});
            sum = number(a) + " plus " + number(b) + " is " + number(result);
            break;
        case 1:
            result = a - b;
            story = s.one_of(
                {"{p} has {a} and gives {b} to {q}. how many {xs} are left?",
                 "there were {a} in the {c}. {q} took {nb} of them. how many {xs} were left?",
                 "{p} bought {a} and lost {nb} on the way home. how many {xs} did {p.he} still have?"});
            sum = number(a) + " minus " + number(b) + " is " + number(result);
            break;
        case 2:
            result = a * b;
            story = s.one_of(
                {"there are {na} {c_pl}. in each of them there are {b}. how many {xs} are there altogether?",
                 "{p} buys {na} packets with {b} in each. how many {xs} does {p} have?"});
            sum = number(a) + " times " + number(b) + " is " + number(result);
            break;
        case 3:
            result = a - b;
            story = s.say("{p} has {a}, and {q} has {b}. how many more {xs} does {p} have than {q}?");
            sum = number(a) + " minus " + number(b) + " is " + number(result);
            break;
        default:
            result = a + b;
            story = s.say("{p} has {a}, and {q} has {b}. how many {xs} do they have together?");
            sum = number(a) + " plus " + number(b) + " is " + number(result);
    }
    s.set("r", things(result));
    s.set("sum", sum);
    return story + " " +
           s.one_of({"{sum}. the answer is {r}.", "{sum}, so the answer is {r}.", "answer: {r}.",
                     "the answer is {r}, because {sum}."});
}

std::string word_problems(Scene& s) {
    std::vector<std::string> parts;
    int count = s.rng.range(2, 4);
    for (int i = 0; i < count; ++i) {
        Scene inner(s.rng);
        inner.set("c_pl", plural(inner.pick("container")));
        parts.push_back(word_problem(inner));
    }
    return lines(parts);
}

std::string counting(Scene& s) {
    std::vector<std::string> parts;
    int start = s.rng.range(1, 60), step = s.rng.range(1, 5), count = s.rng.range(8, 16);
    bool words = s.rng.chance(50), down = s.rng.chance(25);
    for (int i = 0; i < count; ++i) {
        int n = down ? start + step * (count - 1 - i) : start + step * i;
        parts.push_back(words ? number_word(n) : std::to_string(n));
    }
    s.person("p");
    std::string head =
        step == 1 ? s.say("{p} counts: ") : s.say("{p} counts in steps of " + number_word(step) + ": ");
    std::string tail =
        down
            ? ""
            : s.say(" the next number is " +
                    (words ? number_word(start + step * count) : std::to_string(start + step * count)) + ".");
    return head + lines(parts, ", ") + "." + tail;
}

std::string prices(Scene& s) {
    s.person("p");
    std::vector<std::string> rows = {
        s.say("the prices [in the corner shop|at the market stall|in the village shop] on {street}:")};
    bool countable = s.rng.chance(50);
    auto things = s.pick_some(countable ? "countable" : "food", static_cast<std::size_t>(s.rng.range(4, 7)));
    std::vector<int> pence;
    for (const std::string& thing : things) {
        pence.push_back(s.rng.range(1, 19) * 5);
        rows.push_back("- " + thing + ": " + std::to_string(pence.back()) + "p");
    }
    int i = static_cast<int>(s.rng.below(things.size() - 1));
    auto at = [](const auto& list, int index) { return list[static_cast<std::size_t>(index)]; };
    int sum = at(pence, i) + at(pence, i + 1);
    auto some = [&](const std::string& thing) { return countable ? with_article(thing) : "some " + thing; };
    s.set("x", some(at(things, i)));
    s.set("y", some(at(things, i + 1)));
    s.set("sum", sum < 100 ? std::to_string(sum) + "p"
                           : "£" + std::to_string(sum / 100) + "." + (sum % 100 < 10 ? "0" : "") +
                                 std::to_string(sum % 100));
    std::size_t best = static_cast<std::size_t>(std::min_element(pence.begin(), pence.end()) - pence.begin());
    std::size_t most = static_cast<std::size_t>(std::max_element(pence.begin(), pence.end()) - pence.begin());
    s.set("low", (countable ? "the " : "") + things[best]);
    s.set("high", (countable ? "the " : "") + things[most]);
    rows.push_back(s.say("{p} buys {x} and {y} and pays {sum}."));
    rows.push_back(s.say("the cheapest thing is {low}, and the most expensive is {high}."));
    return lines(rows);
}

std::string clock_times(Scene& s) {
    std::vector<std::string> rows;
    int count = s.rng.range(4, 8);
    for (int i = 0; i < count; ++i) {
        int hour = s.rng.range(1, 11), minute = s.rng.range(0, 11) * 5;
        std::string digital = std::to_string(hour) + ":" + (minute < 10 ? "0" : "") + std::to_string(minute);
        std::string spoken;
        if (minute == 0)
            spoken = number_word(hour) + " o'clock";
        else if (minute == 15)
            spoken = "a quarter past " + number_word(hour);
        else if (minute == 30)
            spoken = "half past " + number_word(hour);
        else if (minute == 45)
            spoken = "a quarter to " + number_word(hour + 1);
        else if (minute < 30)
            spoken = number_word(minute) + " past " + number_word(hour);
        else
            spoken = number_word(60 - minute) + " to " + number_word(hour + 1);
        Scene line(s.rng);
        line.person("p");
        line.set("t", digital);
        line.set("w", spoken);
        rows.push_back(line.one_of({"{t} is {w}.", "the {vehicle} to {town} leaves at {t}, that is at {w}.",
                                    "it is {w}. the clock shows {t}.", "{p} comes at {w} ({t}).",
                                    "what time is it? it is {w}."}));
    }
    return lines(rows);
}

}  // namespace

void add_number_kinds(std::vector<Kind>& kinds) {
    kinds.push_back({"sums", 3, sums});
    kinds.push_back({"word_problems", 3, word_problems});
    kinds.push_back({"counting", 1, counting});
    kinds.push_back({"prices", 2, prices});
    kinds.push_back({"clock_times", 1, clock_times});
}

}  // namespace builtin
