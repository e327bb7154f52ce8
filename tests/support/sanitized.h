// Whether the tests run under AddressSanitizer (the preset asan), where everything takes several times as long.
#pragma once

#ifdef __SANITIZE_ADDRESS__
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
