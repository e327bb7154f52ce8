#pragma once

#include "builtin/rng.h"

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace builtin {

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using WordLists = std::unordered_map<std::string, std::vector<std::string>, TextHash, std::equal_to<>>;

// All word lists by name; built once, never iterated (the order of a hash table is nobody's promise).
const WordLists& word_lists();

// The characters and things of one document, and the little template language that speaks of them:
//   {noun}         a random entry of the list "noun", or the value of the variable "noun" when there is one
//   {x:noun}       the same, kept as variable x, so that {x} means it again later
//   {x.a} {x.pl}   forms: a (article), pl (plural), s ed en ing (verbs), cap, title, word (number), th
//   (ordinal) [this|that|]   one of the alternatives, which may nest and may be empty
// A list entry may itself be a template.
class Scene {
  public:
    explicit Scene(Rng& generator) : rng(generator) {}

    Rng& rng;

    std::string say(std::string_view text);
    void set(std::string_view key, std::string value);
    void set(std::string_view key, int value) { set(key, std::to_string(value)); }
    const std::string& get(std::string_view key) const;

    // A new character: variables key, key.he, key.him, key.his and key.himself.
    void person(std::string_view key);
    // A random entry, expanded; `pick_some` gives different ones.
    std::string pick(std::string_view list);
    std::vector<std::string> pick_some(std::string_view list, std::size_t count);
    // One of the given templates, spoken.
    std::string one_of(const std::vector<std::string_view>& templates) { return say(rng.pick(templates)); }

  private:
    void expand(std::string_view text, std::string& out);
    void expand_token(std::string_view token, std::string& out);
    const std::string* find(std::string_view key) const;

    std::vector<std::pair<std::string, std::string>> variables_;
};

}  // namespace builtin
