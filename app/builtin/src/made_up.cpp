#include "made_up.h"

#include "inflect.h"
#include "kinds.h"

namespace builtin {

std::string spelled_word(Scene& s) {
    static const Templates consonants = {"b", "c",  "d",  "f",  "g",  "h",  "j",  "k",  "l", "m",
                                         "n", "p",  "r",  "s",  "t",  "v",  "w",  "z",  "x", "qu",
                                         "y", "th", "st", "br", "cl", "ll", "nd", "ck", "rm"};
    static const Templates vowels = {"a", "e",  "i",  "o",  "u", "a", "e", "i",
                                     "o", "ea", "oo", "ie", "y", "é", "ü"};
    std::string word;
    if (s.rng.chance(20)) {
        for (int n = s.rng.range(3, 7); n > 0; --n) word += static_cast<char>('a' + s.rng.below(26));
        return word;
    }
    const int parts = s.rng.range(2, 6);
    bool vowel = false;
    for (int i = 0; i < parts; ++i, vowel = !vowel) word += s.rng.pick(vowel ? vowels : consonants);
    return word;
}

std::string name_word(Scene& s) {
    if (s.rng.chance(35)) return capitalised(spelled_word(s));
    return s.one_of({"{invented}", "{invented}", "{surname}", "{town}", "{name_f}", "{name_m}", "{venue_adj}",
                     "{venue_noun}", "{venue_noun}", "{thing.cap}", "{animal.cap}", "{bird.cap}",
                     "{food.cap}", "{job.cap}", "{fruit.cap}", "{cuisine}", "{street_head}", "{river}"});
}

std::string made_up_name(Scene& s) {
    const std::string a = name_word(s), b = name_word(s);
    switch (s.rng.below(10)) {
        case 0:
        case 1:
        case 2:
            return a;
        case 3:
        case 4:
            return "The " + a;
        case 5:
            return "The " + a + " " + b;
        case 6:
            return a + s.say(" [House|Inn|Arms|Hall|Hotel|Place|Lodge|Corner|Bar|Court|Farm|Café]");
        case 7:
            return a + s.say("[ and | of | & | ]") + b;
        case 8:
            return a + " " + b + " " + name_word(s);
        default:
            return a + " " + b;
    }
}

}  // namespace builtin
