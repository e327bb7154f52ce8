#include "data/delimited.h"

#include "tokenizer/text.h"

#include <algorithm>

namespace engine {

bool DelimitedReader::at_line_end() const {
    const std::string_view rest = text_.substr(position_);
    return rest.empty() || rest.front() == '\n' || rest.starts_with("\r\n") || rest == "\r";
}

void DelimitedReader::take_line_end() {
    if (position_ < text_.size() && text_[position_] == '\r') ++position_;
    if (position_ < text_.size() && text_[position_] == '\n') {
        ++position_;
        ++line_;
    }
}

void DelimitedReader::skip_line() {
    position_ = std::min(text_.find('\n', position_), text_.size());
    take_line_end();
}

bool DelimitedReader::next(DelimitedRecord& record) {
    while (position_ < text_.size() && at_line_end()) take_line_end();
    if (position_ >= text_.size()) return false;
    record = {line_, {}, {}};
    if (kind_ == Delimited::tsv)
        read_tsv(record);
    else
        read_csv(record);
    const bool sound = std::all_of(record.cells.begin(), record.cells.end(),
                                   [](const std::string& cell) { return valid_utf8(cell) == cell; });
    if (record.problem.empty() && !sound) record.problem = "is not valid UTF-8";
    return true;
}

void DelimitedReader::read_tsv(DelimitedRecord& record) {
    const std::size_t end = std::min(text_.find('\n', position_), text_.size());
    std::string_view line = text_.substr(position_, end - position_);
    if (line.ends_with('\r')) line.remove_suffix(1);
    for (std::size_t begin = 0;;) {
        const std::size_t tab = std::min(line.find('\t', begin), line.size());
        record.cells.emplace_back(line.substr(begin, tab - begin));
        if (tab == line.size()) break;
        begin = tab + 1;
    }
    skip_line();
}

void DelimitedReader::read_csv(DelimitedRecord& record) {
    for (;;) {
        if (position_ < text_.size() && text_[position_] == '"') {
            read_quoted(record);
        } else {
            const std::size_t begin = position_;
            while (!at_line_end() && text_[position_] != ',') {
                if (text_[position_] == '"' && record.problem.empty())
                    record.problem = "has a quote inside a cell that does not begin with one";
                ++position_;
            }
            record.cells.emplace_back(text_.substr(begin, position_ - begin));
        }
        if (!record.problem.empty()) return skip_line();
        if (at_line_end()) return take_line_end();
        ++position_;  // the comma
    }
}

// From the quote that opens a cell to what comes behind the one that ends it.
void DelimitedReader::read_quoted(DelimitedRecord& record) {
    std::string cell;
    ++position_;
    for (;;) {
        const std::size_t quote = text_.find('"', position_);
        if (quote == std::string_view::npos) {
            record.problem = "has a quote that is never closed";
            position_ = text_.size();  // nobody can tell where the next record begins
            return;
        }
        const std::string_view part = text_.substr(position_, quote - position_);
        line_ += std::count(part.begin(), part.end(), '\n');
        cell += part;
        position_ = quote + 1;
        if (position_ >= text_.size() || text_[position_] != '"') break;
        cell += '"';
        ++position_;
    }
    if (!at_line_end() && text_[position_] != ',')
        record.problem = "has text behind a cell that a quote has closed";
    record.cells.push_back(std::move(cell));
}

}  // namespace engine
