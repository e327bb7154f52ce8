// The public boundary: whatever is thrown inside becomes an Error with one sentence for the person and the
// library's own text in detail.
#pragma once

#include <exception>
#include <functional>
#include <new>

#include "engine/error.h"
#include "runtime/torch.h"

namespace engine {

Error error_from(const c10::Error& error);

// Does the work. When memory runs out in it: what it threw, after what is kept for later tensors has gone back, so that a
// smaller piece of the work can be tried; null otherwise. Other failures are passed on.
std::exception_ptr out_of_memory_in(const c10::Device& device, const std::function<void()>& work);

template <class F>
auto guard(F&& work) -> Result<std::invoke_result_t<F>> {
    try {
        return work();
    } catch (const Failure& failure) {
        return failure.error();
    } catch (const c10::Error& error) {
        return error_from(error);
    } catch (const std::bad_alloc&) {
        return Error{ErrorCode::out_of_memory,
                     "The machine has no memory left for this; lower the batch size or the length.", {}};
    } catch (const std::exception& error) {
        return Error{ErrorCode::failed, std::string("The engine stopped on an unexpected problem: ") + error.what(), {}};
    }
}

}  // namespace engine
