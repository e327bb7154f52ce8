#include "ui/bridge/task_runner.h"

#include "catalog/error.h"

#include <algorithm>
#include <list>
#include <mutex>
#include <new>

namespace ui {

namespace detail {

engine::Error errorOfCurrentException() {
    using engine::ErrorCode;
    try {
        throw;
    } catch (const engine::Failure& failure) {
        return failure.error();
    } catch (const catalog::Error& error) {
        const bool input =
            error.code() == catalog::ErrorCode::bad_query || error.code() == catalog::ErrorCode::not_found ||
            error.code() == catalog::ErrorCode::ambiguous || error.code() == catalog::ErrorCode::constraint;
        return {input ? ErrorCode::bad_input : ErrorCode::io, error.what(), error.detail()};
    } catch (const std::bad_alloc&) {
        return {ErrorCode::out_of_memory, "There is not enough memory for this.", {}};
    } catch (const std::exception& error) {
        return {ErrorCode::failed, error.what(), {}};
    } catch (...) {
        return {ErrorCode::failed, "Something failed that does not say what it is.", {}};
    }
}

}  // namespace detail

struct TaskRunner::Shared {
    mutable std::mutex mutex;
    std::list<std::stop_source> sources;
};

TaskRunner::TaskRunner(QObject* parent) : QObject(parent), m_shared(std::make_shared<Shared>()) {
    // Two at least: a long export must not hold up the answer to a click.
    m_pool.setMaxThreadCount(std::max(4, m_pool.maxThreadCount()));
}

TaskRunner::~TaskRunner() {
    {
        const std::lock_guard lock(m_shared->mutex);
        for (auto& source : m_shared->sources) source.request_stop();
    }
    m_pool.waitForDone();
}

int TaskRunner::running() const {
    const std::lock_guard lock(m_shared->mutex);
    return static_cast<int>(m_shared->sources.size());
}

void TaskRunner::start(std::stop_source source, std::function<void()> task) {
    std::list<std::stop_source>::iterator place;
    {
        const std::lock_guard lock(m_shared->mutex);
        place = m_shared->sources.insert(m_shared->sources.end(), source);
    }
    m_pool.start([shared = m_shared, place, task = std::move(task)] {
        task();
        const std::lock_guard lock(shared->mutex);
        shared->sources.erase(place);
    });
}

void TaskRunner::post(std::function<void()> call) {
    QMetaObject::invokeMethod(this, std::move(call), Qt::QueuedConnection);
}

}  // namespace ui
