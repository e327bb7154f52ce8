// What is wrong with a template or its use, before it is a whole sentence: the line and the template's name
// are added where they are known.
#pragma once

#include <string>
#include <utility>

namespace engine::jinja {

struct Problem {
    std::string what;     // "'x' is undefined"
    int line = 0;         // 0: the line the evaluator stands at
    bool raised = false;  // by the template itself, with raise_exception
};

[[noreturn]] inline void fail(std::string what, int line = 0) {
    throw Problem{std::move(what), line, false};
}

}  // namespace engine::jinja
