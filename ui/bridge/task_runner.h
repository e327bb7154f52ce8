// Work off the GUI thread, answers on it. Every answer is an engine::Result: an exception of the work
// (catalog::Error, engine::Failure, std::exception) arrives as its error, so no callback has to catch.
//
//     context().tasks.run(this, [=] { return workbench.inspect(ref); }, [this](engine::Result<ModelInfo> r) {
//     ... });
//
// The receiver may die meanwhile: the answer is dropped. For questions that are asked again and again use
// LatestTask.
#pragma once

#include "engine/error.h"

#include <QObject>
#include <QPointer>
#include <QThreadPool>

#include <functional>
#include <memory>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace ui {

namespace detail {

engine::Error errorOfCurrentException();

template <class T>
struct ResultOf {
    using type = engine::Result<T>;
};
template <class T>
struct ResultOf<engine::Result<T>> {
    using type = engine::Result<T>;
};
template <>
struct ResultOf<void> {
    using type = engine::Status;
};

}  // namespace detail

// Calls work; its value, or what it threw as an error.
template <class Work>
auto guarded(Work&& work) -> typename detail::ResultOf<std::invoke_result_t<Work>>::type {
    try {
        if constexpr (std::is_void_v<std::invoke_result_t<Work>>) {
            work();
            return engine::Done{};
        } else {
            return work();
        }
    } catch (...) {
        return detail::errorOfCurrentException();
    }
}

class TaskRunner : public QObject {
    Q_OBJECT

  public:
    explicit TaskRunner(QObject* parent = nullptr);
    ~TaskRunner() override;  // asks every task to stop and waits for them

    // work: () -> T or (std::stop_token) -> T, on a pool thread. done: (engine::Result<T>) on the thread of
    // receiver. The token is triggered by the returned source and when the runner is destroyed.
    template <class Work, class Done>
    std::stop_source run(QObject* receiver, Work work, Done done) {
        auto bound = [work = std::move(work)](std::stop_token token) mutable {
            if constexpr (std::is_invocable_v<Work, std::stop_token>) {
                return guarded([&] { return work(token); });
            } else {
                return guarded([&] { return work(); });
            }
        };
        std::stop_source source;
        start(source, [this, target = QPointer<QObject>(receiver), bound = std::move(bound),
                       done = std::move(done), token = source.get_token()]() mutable {
            using Answer = decltype(bound(token));
            auto answer = std::make_shared<Answer>(bound(token));
            post([target, answer, done = std::move(done)]() mutable {
                if (target) done(std::move(*answer));
            });
        });
        return source;
    }

    int running() const;  // tasks not yet finished

  private:
    void start(std::stop_source source, std::function<void()> task);
    void post(std::function<void()> call);  // to the GUI thread

    struct Shared;
    std::shared_ptr<Shared> m_shared;
    QThreadPool m_pool;
};

// One question asked repeatedly (a preview that follows the form): asking again stops the older work and
// drops its late answer. Lives in the object that asks; GUI thread only.
class LatestTask {
  public:
    explicit LatestTask(TaskRunner& runner) : m_runner(runner) {}
    ~LatestTask() { cancel(); }
    LatestTask(const LatestTask&) = delete;
    LatestTask& operator=(const LatestTask&) = delete;

    template <class Work, class Done>
    void ask(QObject* receiver, Work work, Done done) {
        cancel();
        const quint64 request = *m_current;
        m_source = m_runner.run(receiver, std::move(work),
                                [current = m_current, request, done = std::move(done)](auto answer) mutable {
                                    if (*current != request) return;
                                    ++*current;
                                    done(std::move(answer));
                                });
        m_asked = request;
    }
    void cancel() {
        ++*m_current;
        m_source.request_stop();
    }
    bool pending() const { return m_asked == *m_current; }

  private:
    TaskRunner& m_runner;
    std::shared_ptr<quint64> m_current = std::make_shared<quint64>(1);
    quint64 m_asked = 0;
    std::stop_source m_source{std::nostopstate};
};

}  // namespace ui
