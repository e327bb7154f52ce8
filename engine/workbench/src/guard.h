// The boundary between exceptions inside and Results outside.
#pragma once

#include <catalog/error.h>
#include <engine/error.h>

#include <exception>
#include <filesystem>
#include <type_traits>

namespace workbench {

engine::Error error_from(const catalog::Error& error);
engine::Error error_from(const std::filesystem::filesystem_error& error);

// Runs work and turns whatever it throws into an Error. work returns the value, or nothing for a Status.
template <class Work>
auto guarded(Work&& work) {
    using Value = std::invoke_result_t<Work>;
    using Wrapped = engine::Result<std::conditional_t<std::is_void_v<Value>, engine::Done, Value>>;
    try {
        if constexpr (std::is_void_v<Value>) {
            work();
            return Wrapped(engine::Done{});
        } else {
            return Wrapped(work());
        }
    } catch (const engine::Failure& failure) {
        return Wrapped(failure.error());
    } catch (const catalog::Error& error) {
        return Wrapped(error_from(error));
    } catch (const std::filesystem::filesystem_error& error) {
        return Wrapped(error_from(error));
    } catch (const std::exception& error) {
        return Wrapped(engine::Error{engine::ErrorCode::failed, error.what(), {}});
    }
}

}  // namespace workbench
