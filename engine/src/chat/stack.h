// Guards of the evaluator's recursion.
#pragma once

#include "chat/evaluator.h"
#include "chat/problem.h"

#include <utility>

namespace engine::jinja {

// One level deeper in the tree or in calls; a limit keeps hostile templates from exhausting the stack.
class Evaluator::Deeper {
  public:
    explicit Deeper(Evaluator& evaluator) : evaluator_(evaluator) {
        if (++evaluator_.depth_ <= most) return;
        --evaluator_.depth_;
        fail("it calls itself too often or nests too deep");
    }
    ~Deeper() { --evaluator_.depth_; }
    Deeper(const Deeper&) = delete;

  private:
    static constexpr int most = 400;
    Evaluator& evaluator_;
};

// A scope of its own until the end of a block.
class Evaluator::Inside {
  public:
    Inside(Evaluator& evaluator, std::shared_ptr<Scope> parent)
        : evaluator_(evaluator), outside_(std::move(evaluator.scope_)) {
        evaluator_.scope_ = std::make_shared<Scope>();
        evaluator_.scope_->parent = std::move(parent);
    }
    ~Inside() { evaluator_.scope_ = std::move(outside_); }
    Inside(const Inside&) = delete;

  private:
    Evaluator& evaluator_;
    std::shared_ptr<Scope> outside_;
};

}  // namespace engine::jinja
