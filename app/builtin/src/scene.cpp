#include "scene.h"

#include "inflect.h"

#include <algorithm>
#include <stdexcept>

namespace builtin {
namespace {

std::string apply_form(const std::string& value, std::string_view form) {
    if (form == "a") return with_article(value);
    if (form == "pl") return plural(value);
    if (form == "s") return third_person(value);
    if (form == "ed") return past_tense(value);
    if (form == "en") return past_participle(value);
    if (form == "ing") return present_participle(value);
    if (form == "cap") return capitalised(value);
    if (form == "title") return title_case(value);
    if (form == "word") return number_word(std::stoi(value));
    if (form == "th") return ordinal_word(std::stoi(value));
    throw std::logic_error("unknown word form '" + std::string(form) + "'");
}

}  // namespace

const std::string* Scene::find(std::string_view key) const {
    for (const auto& [name, value] : variables_) {
        if (name == key) return &value;
    }
    return nullptr;
}

void Scene::set(std::string_view key, std::string value) {
    for (auto& [name, old] : variables_) {
        if (name == key) {
            old = std::move(value);
            return;
        }
    }
    variables_.emplace_back(key, std::move(value));
}

const std::string& Scene::get(std::string_view key) const {
    const std::string* value = find(key);
    if (!value) throw std::logic_error("no variable '" + std::string(key) + "'");
    return *value;
}

void Scene::person(std::string_view key) {
    bool female = rng.chance(50);
    const auto& names = word_lists().find(female ? "name_f" : "name_m")->second;
    std::string name;
    bool taken = true;
    while (taken) {
        name = rng.pick(names);
        taken = std::any_of(variables_.begin(), variables_.end(),
                            [&](const auto& v) { return v.second == name; });
    }
    std::string base(key);
    set(base, name);
    set(base + ".he", female ? "she" : "he");
    set(base + ".him", female ? "her" : "him");
    set(base + ".his", female ? "her" : "his");
    set(base + ".himself", female ? "herself" : "himself");
    set(base + ".man", female ? "woman" : "man");
    set(base + ".boy", female ? "girl" : "boy");
}

std::string Scene::pick(std::string_view list) {
    auto it = word_lists().find(list);
    if (it == word_lists().end()) throw std::logic_error("no word list '" + std::string(list) + "'");
    return say(rng.pick(it->second));
}

std::vector<std::string> Scene::pick_some(std::string_view list, std::size_t count) {
    std::vector<std::string> found;
    while (found.size() < count) {
        std::string word = pick(list);
        if (std::find(found.begin(), found.end(), word) == found.end()) found.push_back(std::move(word));
    }
    return found;
}

std::string Scene::say(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 32);
    expand(text, out);
    return out;
}

void Scene::expand(std::string_view text, std::string& out) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '{') {
            std::size_t close = text.find('}', i);
            expand_token(text.substr(i + 1, close - i - 1), out);
            i = close;
        } else if (text[i] == '[') {
            std::vector<std::string_view> options;
            std::size_t begin = i + 1;
            int depth = 0;
            for (++i; depth > 0 || text[i] != ']'; ++i) {
                if (text[i] == '[') ++depth;
                if (text[i] == ']') --depth;
                if (text[i] == '|' && depth == 0) {
                    options.push_back(text.substr(begin, i - begin));
                    begin = i + 1;
                }
            }
            options.push_back(text.substr(begin, i - begin));
            expand(rng.pick(options), out);
        } else {
            out += text[i];
        }
    }
}

void Scene::expand_token(std::string_view token, std::string& out) {
    if (const std::string* value = find(token)) {
        out += *value;
        return;
    }
    std::string_view keep;
    if (std::size_t colon = token.find(':'); colon != std::string_view::npos) {
        keep = token.substr(0, colon);
        token = token.substr(colon + 1);
    }
    // Longest variable name first: in "p.his.cap" the variable is "p.his" and the form is "cap".
    std::size_t dot = token.find('.');
    std::string_view base = token.substr(0, dot);
    std::string_view forms = dot == std::string_view::npos ? std::string_view() : token.substr(dot + 1);
    std::string value;
    if (std::size_t second = forms.find('.');
        second != std::string_view::npos && find(token.substr(0, dot + 1 + second))) {
        value = *find(token.substr(0, dot + 1 + second));
        forms = forms.substr(second + 1);
    } else if (const std::string* known = keep.empty() ? nullptr : find(keep)) {
        value = *known;
    } else if (const std::string* variable = find(base)) {
        value = *variable;
    } else {
        value = pick(base);
    }
    if (!keep.empty() && !find(keep)) set(keep, value);
    while (!forms.empty()) {
        std::size_t next = forms.find('.');
        value = apply_form(value, forms.substr(0, next));
        forms = next == std::string_view::npos ? std::string_view() : forms.substr(next + 1);
    }
    out += value;
}

}  // namespace builtin
