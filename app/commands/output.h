// What commands print: JSON or tables on stdout, everything else on stderr.
#pragma once

#include <engine/error.h>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace commands {

using Json = nlohmann::ordered_json;

// One document on stdout; NaN and infinity become null, invalid UTF-8 becomes U+FFFD.
void print_json(const Json& value, int indent = -1);
void print_json_line(const Json& value);   // on one line, flushed: for streams
void print_line(const std::string& text);  // stdout
void log_line(const std::string& text);    // stderr

// Throws Failure (io) when stdout could not take what was printed.
void flush_stdout();

int exit_code(engine::ErrorCode code);
Json error_json(const engine::Error& error);

// Columns aligned with two spaces between them; the first row is the heading.
class Table {
  public:
    explicit Table(std::vector<std::string> heading) { rows_.push_back(std::move(heading)); }
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    bool empty() const { return rows_.size() == 1; }
    void print() const;

  private:
    std::vector<std::vector<std::string>> rows_;
};

// "name   value" lines, the names aligned; lines without value are left out.
class Facts {
  public:
    void add(std::string name, std::string value) {
        if (!value.empty()) lines_.push_back({std::move(name), std::move(value)});
    }
    void print() const;

  private:
    std::vector<std::pair<std::string, std::string>> lines_;
};

// A whole file, or none: written under another name and renamed.
void write_file(const std::filesystem::path& path, const std::string& text);
std::string read_file(const std::filesystem::path& path);

}  // namespace commands
