// The loop over one or several runs.
#include <algorithm>
#include <memory>

#include "engine/runtime.h"
#include "engine/train.h"
#include "io/file.h"
#include "runtime/guard.h"
#include "runtime/tensor_memory.h"
#include "train/trainer.h"

namespace engine {
namespace {

class Member {
  public:
    Member(const TrainMember& given, std::size_t index, const MemberEnded& ended)
        : given_(given), index_(index), ended_(ended) {}

    bool open() const { return open_; }
    Trainer& trainer() { return *trainer_; }

    // What is thrown ends this run alone.
    template <class Work>
    void attempt(const Work& work) {
        if (!open_) return;
        const auto done = guard([&] {
            work();
            return true;
        });
        if (!done) end_with(done.error());
    }

    void load(SharedInputs& shared) {
        const Status valid = validate(given_.request.spec);
        if (!valid.ok()) throw Failure(valid.error());
        given_.observer.on_event(StateChanged{"preparing"});
        make_folder(given_.request.run_dir);
        trainer_ = std::make_unique<Trainer>(given_, shared);
    }

    void end() { end_with(trainer_->end()); }

  private:
    void end_with(Result<RunResult> result) {
        open_ = false;
        trainer_.reset();
        ended_(index_, std::move(result));
    }

    const TrainMember& given_;
    std::size_t index_;
    const MemberEnded& ended_;
    std::unique_ptr<Trainer> trainer_;
    bool open_ = true;
};

// One optimiser step of each.
void step(const std::vector<Member*>& members, StepsTogether& steps) {
    std::vector<StepTurn> turns;
    for (Member* member : members) turns.push_back(member->trainer().turn());
    steps.compute(turns);
    for (std::size_t i = 0; i < turns.size(); ++i) {
        members[i]->attempt([&] {
            if (turns[i].failure) std::rethrow_exception(turns[i].failure);
            if (turns[i].step) members[i]->trainer().update(*turns[i].step);
        });
    }
    for (std::size_t i = 0; i < turns.size(); ++i) {
        if (turns[i].step) members[i]->attempt([&] { members[i]->trainer().after_step(); });
    }
}

void run(std::vector<Member>& members) {
    StepsTogether steps;
    while (true) {
        const unsigned seen = RunControl::changes();  // before asking, so that no change is missed
        std::vector<Member*> ready;
        bool waiting = false;
        for (Member& member : members) {
            member.attempt([&] {
                switch (member.trainer().next()) {
                    case Trainer::Next::step: ready.push_back(&member); break;
                    case Trainer::Next::wait: waiting = true; break;
                    case Trainer::Next::end: member.end(); break;
                }
            });
        }
        if (!ready.empty()) {
            step(ready, steps);
        } else if (waiting) {
            RunControl::wait_for_change(seen);
        } else {
            return;
        }
    }
}

}  // namespace

void train_together(const std::vector<TrainMember>& given, const MemberEnded& ended) {
    std::vector<Member> members;
    int64_t limit = 0;
    for (const TrainMember& each : given) {
        members.emplace_back(each, members.size(), ended);
        limit = std::max(limit, each.request.memory_limit_bytes);
    }
    const TensorMemoryLimit until_the_trainers_are_gone(limit > 0 ? limit : free_memory_bytes());
    {
        SharedInputs shared;
        for (Member& member : members) {
            member.attempt([&] {
                prepare_compute_thread();
                member.load(shared);
            });
        }
    }
    for (Member& member : members) member.attempt([&] { member.trainer().begin(); });
    run(members);
}

Result<RunResult> train(const TrainRequest& request, RunObserver& observer, RunControl& control) {
    std::optional<Result<RunResult>> outcome;
    train_together({{request, observer, control}}, [&](std::size_t, Result<RunResult> result) { outcome = std::move(result); });
    return std::move(*outcome);
}

}  // namespace engine
