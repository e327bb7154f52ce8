# One INTERFACE target for the language level, warnings and sanitisers of our own code.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# Debian's libtorch loads Qt 5 (through OpenCV) into a program that uses Qt 6; hidden symbols keep the inline functions
# of our objects from standing in for the same-named ones of the other Qt.
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
# Line numbers for backtraces are enough; full debug information makes an object with libtorch's headers ten times larger.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # Without these two a translation unit with a precompiled header is never taken from the cache.
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros "${CCACHE}")
endif()

add_library(lwb_compile INTERFACE)
target_compile_features(lwb_compile INTERFACE cxx_std_20)
target_compile_options(lwb_compile INTERFACE -Wall -Wextra -Wno-missing-field-initializers)
# At -O3 g++ 12 warns of copies within std::string that its own inlining has made up (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(lwb_compile INTERFACE $<$<CONFIG:Release>:-Wno-restrict>)
endif()
if(CCACHE)
    target_compile_options(lwb_compile INTERFACE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()
if(LWB_SANITIZE)
    target_compile_options(lwb_compile INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer)
    # At -O2 g++ takes five times as long as without sanitizers, at -O1 less than three times. A fuzz target is built once
    # and runs for an hour.
    if(NOT BUILD_FUZZ)
        target_compile_options(lwb_compile INTERFACE -O1)
    endif()
    target_link_options(lwb_compile INTERFACE -fsanitize=address,undefined)
endif()
if(BUILD_FUZZ)
    # Every edge of our own code calls the hook in lwb_fuzz_coverage (tests/fuzz).
    target_compile_options(lwb_compile INTERFACE -fsanitize-coverage=trace-pc)
    target_link_libraries(lwb_compile INTERFACE lwb_fuzz_coverage)
endif()
