#include "output.h"

#include "format.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

namespace commands {

namespace fs = std::filesystem;

namespace {

std::string dump(const Json& value, int indent) {
    return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

void print_aligned(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
    }
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            if (i + 1 < row.size()) line.append(widths[i] - display_width(row[i]) + 2, ' ');
        }
        print_line(line);
    }
}

}  // namespace

void print_json(const Json& value, int indent) {
    print_line(dump(value, indent));
}

void print_json_line(const Json& value) {
    print_line(dump(value, -1));
    std::fflush(stdout);
}

void print_line(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fputc('\n', stdout);
}

void log_line(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fputc('\n', stderr);
}

void flush_stdout() {
    if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return;
    engine::fail_io(std::string("The result could not be written to standard output (") +
                    std::strerror(errno) + "). Free space or choose another place for it.");
}

int exit_code(engine::ErrorCode code) {
    switch (code) {
        case engine::ErrorCode::bad_input:
        case engine::ErrorCode::no_device:
            return 2;
        case engine::ErrorCode::interrupted:
            return 130;
        case engine::ErrorCode::io:
        case engine::ErrorCode::out_of_memory:
        case engine::ErrorCode::failed:
            break;
    }
    return 3;
}

Json error_json(const engine::Error& error) {
    const char* code = "failed";
    switch (error.code) {
        case engine::ErrorCode::bad_input:
            code = "bad_input";
            break;
        case engine::ErrorCode::io:
            code = "io";
            break;
        case engine::ErrorCode::out_of_memory:
            code = "out_of_memory";
            break;
        case engine::ErrorCode::no_device:
            code = "no_device";
            break;
        case engine::ErrorCode::interrupted:
            code = "interrupted";
            break;
        case engine::ErrorCode::failed:
            break;
    }
    return {{"error", {{"code", code}, {"message", error.message}}}};
}

void Table::print() const {
    print_aligned(rows_);
}

void Facts::print() const {
    std::vector<std::vector<std::string>> rows;
    for (const auto& [name, value] : lines_) rows.push_back({name, value});
    print_aligned(rows);
}

void write_file(const fs::path& path, const std::string& text) {
    const fs::path temporary = path.string() + ".tmp";
    errno = 0;
    std::ofstream file(temporary, std::ios::binary);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    file.close();
    std::error_code error;
    if (file) fs::rename(temporary, path, error);
    if (file && !error) return;
    const std::string reason = error ? error.message() : std::strerror(errno);
    fs::remove(temporary, error);
    engine::fail_io("File '" + path.string() + "' was not written (" + reason +
                    "). Choose another place for it.");
}

std::string read_file(const fs::path& path) {
    std::error_code ignored;
    // A pipe in the file system that nobody writes to would be waited for without end. What a shell hands over
    // (/dev/stdin, <(...)) is one as well, but somebody holds its other end.
    if (fs::is_fifo(path, ignored) && !path.string().starts_with("/dev/") && !path.string().starts_with("/proc/"))
        engine::fail_input("'" + path.string() + "' is a pipe, not a file. Name a file.");
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file || fs::is_directory(path, ignored))
        engine::fail_input("File '" + path.string() + "' could not be read (" +
                           (file ? "it is a folder" : std::strerror(errno)) + "). Correct its name.");
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace commands
