#include "inflect.h"

#include <cctype>
#include <unordered_map>
#include <unordered_set>

namespace builtin {
namespace {

bool vowel(char c) {
    return std::string_view("aeiou").find(c) != std::string_view::npos;
}
bool starts(std::string_view text, std::string_view head) {
    return text.substr(0, head.size()) == head;
}
bool ends(std::string_view text, std::string_view tail) {
    return text.size() >= tail.size() && text.substr(text.size() - tail.size()) == tail;
}

struct Forms {
    std::string_view past, participle;
};

const std::unordered_map<std::string_view, Forms>& irregular_verbs() {
    static const std::unordered_map<std::string_view, Forms> verbs = {
        {"be", {"was", "been"}},
        {"become", {"became", "become"}},
        {"begin", {"began", "begun"}},
        {"bite", {"bit", "bitten"}},
        {"blow", {"blew", "blown"}},
        {"break", {"broke", "broken"}},
        {"bring", {"brought", "brought"}},
        {"build", {"built", "built"}},
        {"buy", {"bought", "bought"}},
        {"catch", {"caught", "caught"}},
        {"choose", {"chose", "chosen"}},
        {"come", {"came", "come"}},
        {"cut", {"cut", "cut"}},
        {"dig", {"dug", "dug"}},
        {"do", {"did", "done"}},
        {"draw", {"drew", "drawn"}},
        {"drink", {"drank", "drunk"}},
        {"drive", {"drove", "driven"}},
        {"eat", {"ate", "eaten"}},
        {"fall", {"fell", "fallen"}},
        {"feed", {"fed", "fed"}},
        {"feel", {"felt", "felt"}},
        {"find", {"found", "found"}},
        {"fly", {"flew", "flown"}},
        {"forget", {"forgot", "forgotten"}},
        {"get", {"got", "got"}},
        {"give", {"gave", "given"}},
        {"go", {"went", "gone"}},
        {"grow", {"grew", "grown"}},
        {"have", {"had", "had"}},
        {"hear", {"heard", "heard"}},
        {"hide", {"hid", "hidden"}},
        {"hold", {"held", "held"}},
        {"keep", {"kept", "kept"}},
        {"know", {"knew", "known"}},
        {"lead", {"led", "led"}},
        {"leave", {"left", "left"}},
        {"lend", {"lent", "lent"}},
        {"lose", {"lost", "lost"}},
        {"make", {"made", "made"}},
        {"meet", {"met", "met"}},
        {"pay", {"paid", "paid"}},
        {"put", {"put", "put"}},
        {"read", {"read", "read"}},
        {"ride", {"rode", "ridden"}},
        {"ring", {"rang", "rung"}},
        {"run", {"ran", "run"}},
        {"say", {"said", "said"}},
        {"see", {"saw", "seen"}},
        {"sell", {"sold", "sold"}},
        {"send", {"sent", "sent"}},
        {"shine", {"shone", "shone"}},
        {"show", {"showed", "shown"}},
        {"sing", {"sang", "sung"}},
        {"sit", {"sat", "sat"}},
        {"sleep", {"slept", "slept"}},
        {"speak", {"spoke", "spoken"}},
        {"spend", {"spent", "spent"}},
        {"stand", {"stood", "stood"}},
        {"steal", {"stole", "stolen"}},
        {"sweep", {"swept", "swept"}},
        {"swim", {"swam", "swum"}},
        {"take", {"took", "taken"}},
        {"teach", {"taught", "taught"}},
        {"tell", {"told", "told"}},
        {"think", {"thought", "thought"}},
        {"throw", {"threw", "thrown"}},
        {"understand", {"understood", "understood"}},
        {"wake", {"woke", "woken"}},
        {"wear", {"wore", "worn"}},
        {"win", {"won", "won"}},
        {"write", {"wrote", "written"}},
        {"hang", {"hung", "hung"}},
        {"spread", {"spread", "spread"}},
        {"set", {"set", "set"}},
        {"shut", {"shut", "shut"}},
        {"let", {"let", "let"}},
        {"bend", {"bent", "bent"}},
        {"fight", {"fought", "fought"}},
        {"freeze", {"froze", "frozen"}},
        {"rise", {"rose", "risen"}},
        {"shake", {"shook", "shaken"}},
        {"hurt", {"hurt", "hurt"}},
        {"hit", {"hit", "hit"}},
        {"lie", {"lay", "lain"}},
        {"mend", {"mended", "mended"}},
        {"dry", {"dried", "dried"}},
        {"tie", {"tied", "tied"}}};
    return verbs;
}

// One short syllable, consonant-vowel-consonant: the last letter is doubled before -ed and -ing.
bool doubles_last(std::string_view verb) {
    static const std::unordered_set<std::string_view> longer = {"begin", "forget", "prefer", "admit",
                                                                "permit"};
    if (longer.count(verb)) return true;
    if (verb.size() < 3) return false;
    std::size_t n = verb.size();
    char last = verb[n - 1];
    if (vowel(last) || last == 'w' || last == 'x' || last == 'y' || !vowel(verb[n - 2])) return false;
    if (vowel(verb[n - 3]) && !(verb[n - 3] == 'u' && n > 3 && verb[n - 4] == 'q')) return false;
    for (std::size_t i = 0; i + 3 < n; ++i) {
        if (vowel(verb[i]) || (verb[i] == 'y' && i > 0)) return verb[i] == 'u' && i > 0 && verb[i - 1] == 'q';
    }
    return true;
}

// Applies `form` to the first word, so that "look for" becomes "looked for".
template <class Form>
std::string on_first_word(std::string_view phrase, Form form) {
    std::size_t space = phrase.find(' ');
    if (space == std::string_view::npos) return form(phrase);
    return form(phrase.substr(0, space)) + std::string(phrase.substr(space));
}

std::string regular_past(std::string_view verb) {
    std::string s(verb);
    if (ends(verb, "e")) return s + "d";
    if (ends(verb, "y") && verb.size() > 1 && !vowel(verb[verb.size() - 2]))
        return s.substr(0, s.size() - 1) + "ied";
    if (doubles_last(verb)) s += s.back();
    return s + "ed";
}

std::string plural_word(std::string_view noun) {
    static const std::unordered_map<std::string_view, std::string_view> irregular = {
        {"man", "men"},
        {"woman", "women"},
        {"child", "children"},
        {"person", "people"},
        {"mouse", "mice"},
        {"goose", "geese"},
        {"foot", "feet"},
        {"tooth", "teeth"},
        {"sheep", "sheep"},
        {"fish", "fish"},
        {"deer", "deer"},
        {"leaf", "leaves"},
        {"loaf", "loaves"},
        {"knife", "knives"},
        {"shelf", "shelves"},
        {"wolf", "wolves"},
        {"half", "halves"},
        {"life", "lives"},
        {"wife", "wives"},
        {"scarf", "scarves"},
        {"calf", "calves"},
        {"potato", "potatoes"},
        {"tomato", "tomatoes"},
        {"hero", "heroes"},
        {"thief", "thieves"},
        {"ox", "oxen"},
        {"salmon", "salmon"},
        {"trout", "trout"},
        {"fisherman", "fishermen"},
        {"postman", "postmen"},
        {"grandchild", "grandchildren"},
        {"trousers", "trousers"},
        {"scissors", "scissors"},
        {"glasses", "glasses"}};
    if (auto it = irregular.find(noun); it != irregular.end()) return std::string(it->second);
    std::string s(noun);
    if (ends(noun, "s") || ends(noun, "x") || ends(noun, "z") || ends(noun, "ch") || ends(noun, "sh"))
        return s + "es";
    if (ends(noun, "y") && noun.size() > 1 && !vowel(noun[noun.size() - 2])) {
        return s.substr(0, s.size() - 1) + "ies";
    }
    return s + "s";
}

}  // namespace

std::string with_article(std::string_view phrase) {
    std::string word;
    for (char c : phrase.substr(0, phrase.find(' ')))
        word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    bool an = !word.empty() && vowel(word[0]);
    if (starts(word, "hour") || starts(word, "honest") || starts(word, "heir") || starts(word, "honour"))
        an = true;
    if (starts(word, "uni") || starts(word, "use") || starts(word, "usu") || starts(word, "euro") ||
        word == "one" || starts(word, "one-") || starts(word, "once") || starts(word, "ukulele")) {
        an = false;
    }
    if (starts(word, "unin") || starts(word, "unim") || starts(word, "unid")) an = true;
    if (starts(word, "8") || word == "11" || word == "18" || starts(word, "11-") || starts(word, "18-"))
        an = true;
    return (an ? "an " : "a ") + std::string(phrase);
}

std::string plural(std::string_view noun) {
    if (std::size_t of = noun.find(" of "); of != std::string_view::npos) {
        return plural(noun.substr(0, of)) + std::string(noun.substr(of));
    }
    std::size_t space = noun.rfind(' ');
    if (space == std::string_view::npos) return plural_word(noun);
    return std::string(noun.substr(0, space + 1)) + plural_word(noun.substr(space + 1));
}

std::string third_person(std::string_view verb) {
    return on_first_word(verb, [](std::string_view w) -> std::string {
        if (w == "be") return "is";
        if (w == "have") return "has";
        if (w == "go" || w == "do") return std::string(w) + "es";
        return plural_word(w == "leaf" ? "leafs" : w);
    });
}

std::string past_tense(std::string_view verb) {
    return on_first_word(verb, [](std::string_view w) {
        auto it = irregular_verbs().find(w);
        return it != irregular_verbs().end() ? std::string(it->second.past) : regular_past(w);
    });
}

std::string past_participle(std::string_view verb) {
    return on_first_word(verb, [](std::string_view w) {
        auto it = irregular_verbs().find(w);
        return it != irregular_verbs().end() ? std::string(it->second.participle) : regular_past(w);
    });
}

std::string present_participle(std::string_view verb) {
    return on_first_word(verb, [](std::string_view w) {
        std::string s(w);
        if (w == "be" || w == "see") return s + "ing";
        if (ends(w, "ie")) return s.substr(0, s.size() - 2) + "ying";
        if (ends(w, "e") && !ends(w, "ee")) return s.substr(0, s.size() - 1) + "ing";
        if (doubles_last(w)) s += s.back();
        return s + "ing";
    });
}

}  // namespace builtin
