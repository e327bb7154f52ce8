// Things with an identity of their own that a template makes: they live as long as one rendering.
#pragma once

#include "chat/value.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace engine::jinja {

struct Statement;

// The names of one block; a name not found is looked for in the parent.
struct Scope {
    std::shared_ptr<Scope> parent;
    std::map<std::string, Value, std::less<>> names;
};

enum class ObjectKind { name_space, macro, loop, cycler, joiner };

struct Object {
    ObjectKind kind = ObjectKind::name_space;

    std::map<std::string, Value, std::less<>> attributes;  // name_space

    const Statement* body = nullptr;  // macro: its definition; loop: its for statement when recursive
    std::shared_ptr<Scope> scope;     // macro, loop: where it was defined

    Items items;  // loop: what it runs over; cycler: what it hands out; joiner: the separator
    std::size_t index = 0;
    int depth = 1;          // loop: 1 = outermost
    bool has_last = false;  // loop.changed
    Items last;
};

}  // namespace engine::jinja
