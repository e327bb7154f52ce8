// Tables as text: one record per line, cells between separators.
//
// TSV: a tab separates, and nothing else has a meaning; quotes are characters of their text, as in the files of GLUE.
// CSV: RFC 4180. A comma separates; a cell that begins with a quote ends at the next one that is not doubled, and may
// hold commas and line ends. Line ends are LF or CR LF; blank lines are left out. Strict: what is not of this form is
// named with the line at which its record begins, and never guessed at.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

enum class Delimited { tsv, csv };

struct DelimitedRecord {
    std::int64_t line = 0;  // 1-based
    std::vector<std::string> cells;
    std::string problem;  // what is wrong with it; empty for a good record
};

// text must stay alive. One pass, linear in its length.
class DelimitedReader {
  public:
    DelimitedReader(std::string_view text, Delimited kind) : text_(text), kind_(kind) {}

    // False at the end.
    bool next(DelimitedRecord& record);

  private:
    void read_tsv(DelimitedRecord& record);
    void read_csv(DelimitedRecord& record);
    void read_quoted(DelimitedRecord& record);
    bool at_line_end() const;
    void take_line_end();
    void skip_line();

    std::string_view text_;
    Delimited kind_;
    std::size_t position_ = 0;
    std::int64_t line_ = 1;
};

}  // namespace engine
