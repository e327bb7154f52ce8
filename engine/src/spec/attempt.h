// The public boundary of the torch-free parts: what is thrown inside comes out as an Error.
#pragma once

#include <engine/error.h>

#include <exception>
#include <new>
#include <string>
#include <type_traits>

namespace engine {

template <class Work>
auto attempt(Work&& work) -> Result<std::invoke_result_t<Work>> {
    try {
        return work();
    } catch (const Failure& failure) {
        return failure.error();
    } catch (const std::bad_alloc&) {
        return Error{ErrorCode::out_of_memory,
                     "The machine has no memory left for this. Close other programs or use a smaller file.",
                     {}};
    } catch (const std::exception& error) {
        return Error{
            ErrorCode::failed, std::string("This stopped on an unexpected problem: ") + error.what(), {}};
    }
}

}  // namespace engine
