#include "words.h"

#include <stdexcept>

namespace builtin {

void add_words(WordLists& lists, std::string_view name, std::string_view text, char separator) {
    auto& list = lists[std::string(name)];
    if (!list.empty()) throw std::logic_error("word list '" + std::string(name) + "' is defined twice");
    while (true) {
        std::size_t end = text.find(separator);
        std::string entry;
        for (char c : text.substr(0, end)) {
            bool blank = c == ' ' || c == '\n';
            if (!blank) entry += c;
            if (blank && !entry.empty() && entry.back() != ' ') entry += ' ';
        }
        while (!entry.empty() && entry.back() == ' ') entry.pop_back();
        if (!entry.empty()) list.push_back(std::move(entry));
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 1);
    }
}

const WordLists& word_lists() {
    static const WordLists lists = [] {
        WordLists all;
        add_people_words(all);
        add_place_words(all);
        add_thing_words(all);
        add_food_words(all);
        add_nature_words(all);
        add_phrase_words(all);
        return all;
    }();
    return lists;
}

}  // namespace builtin
