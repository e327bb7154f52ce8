#include "io/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace engine {
namespace {

constexpr std::size_t piece = 32;  // calls taken at a time: long enough to be worth the taking

}  // namespace

void for_each_in_parallel(std::size_t count, const std::function<void(std::size_t)>& work) {
    std::atomic<std::size_t> next{0};
    std::atomic<bool> failed{false};
    std::mutex mutex;
    std::size_t failed_at = count;
    std::exception_ptr failure;
    const auto run = [&] {
        // Pieces are taken in order: those before one that fails are done or under way.
        while (!failed) {
            const std::size_t begin = next.fetch_add(piece);
            if (begin >= count) return;
            std::size_t i = begin;
            try {
                for (; i < std::min(begin + piece, count); ++i) work(i);
            } catch (...) {
                failed = true;
                const std::lock_guard lock(mutex);
                if (i < failed_at) {
                    failed_at = i;
                    failure = std::current_exception();
                }
            }
        }
    };
    {
        const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
        std::vector<std::jthread> others;
        try {
            while (others.size() + 1 < cores && (others.size() + 1) * piece < count) others.emplace_back(run);
        } catch (const std::system_error&) {
            // The system gives no more threads: those there are do the work.
        }
        run();
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace engine
