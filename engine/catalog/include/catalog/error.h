// The one exception of the catalog library. Its message is for the person: what was not done, on which file
// or record, why, and what to do. Everything thrown out of <catalog/...> is a catalog::Error.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace catalog {

enum class ErrorCode {
    open_failed,  // no such folder, no permission, not a catalog of this program
    too_new,      // written by a newer program that says older ones must not read it
    read_only,    // the file or its folder cannot be written, or a newer program's file was opened to look at
    busy,         // another program held the catalog for longer than the busy timeout (5 s)
    disk_full,
    io,
    corrupt,
    constraint,  // the record breaks a rule: name taken, unknown run, wrong value
    not_found,   // no run, adapter or export answers to this id or name
    ambiguous,   // more than one does; the message lists them
    bad_query,   // the filter text cannot be understood
    failed       // anything else SQLite reports
};

class Error : public std::runtime_error {
  public:
    // detail: SQLite's own words, for the log; may be empty.
    Error(ErrorCode code, const std::string& message, std::string detail = {})
        : std::runtime_error(message), code_(code), detail_(std::move(detail)) {}

    ErrorCode code() const { return code_; }
    const std::string& detail() const { return detail_; }

  private:
    ErrorCode code_;
    std::string detail_;
};

}  // namespace catalog
