// What a fuzz target gives to the driver (driver.cpp, which has main): one function that reads bytes as a
// file of its kind.
//
// The driver keeps a corpus, changes its members at random (bits, numbers, pieces cut out, doubled, joined
// with another member, words of the format) and hands the results to the target. A change that reaches new
// code, as the compiler's -fsanitize-coverage=trace-pc tells, joins the corpus for the rest of the run. A
// crash, an escaped exception, a sanitizer's finding or an input that takes longer than ten seconds ends the
// run with the input saved.
#pragma once

#include <string_view>
#include <vector>

namespace fuzz {

struct Target {
    const char* name = "";                // of the file that holds a finding: finding-NAME
    std::vector<std::string_view> words;  // pieces that the format uses, mixed into the inputs
};

// Each target defines these two.
extern const Target target;
// Reads input. What the reader refuses (engine::Failure) is the expected end of most inputs and is caught by
// the driver; any other exception is a finding, and so is a broken promise for which the target calls fail().
void read_input(std::string_view input);

// Ends the run with a sentence and the input saved.
[[noreturn]] void fail(std::string_view why);

}  // namespace fuzz
