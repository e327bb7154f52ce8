// Loops compiled once for every generation of processor worth telling apart; which one runs is decided when the program starts.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define LWB_TARGETS  // functions may name the processor they are compiled for
#define LWB_VECTOR_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define LWB_VECTOR_CLONES
#endif
// The parts of such a loop must be inside it to be compiled with it.
#define LWB_INLINE inline __attribute__((always_inline))
