// A prepared statement with bound parameters. Parameters count from 1 as in SQL, columns from 0 as in SQLite.
#pragma once

#include "database.h"

#include <catalog/records.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

struct sqlite3_stmt;

namespace catalog {

// A text that refers to another row: empty in the record, NULL in the table.
template <class Text>
struct Reference {
    Text& text;
};
template <class Text>
Reference(Text&) -> Reference<Text>;

class Statement {
  public:
    template <class... Values>
    Statement(Database& database, std::string_view sql, const Values&... values)
        : Statement(database, sql, nullptr) {
        int index = 0;
        (bind(++index, values), ...);
    }
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    // Numbers of any integral type are kept as 64-bit integers, bool as 0 or 1, NaN as NULL, text by copy.
    template <class Integer>
    requires std::is_integral_v<Integer>
    void bind(int index, Integer value) { bind_integer(index, static_cast<std::int64_t>(value)); }
    void bind(int index, double value);
    void bind(int index, std::string_view value);
    void bind(int index, const char* value) { bind(index, std::string_view(value)); }
    void bind(int index, const std::string& value) { bind(index, std::string_view(value)); }
    void bind(int index, RunState value) { bind(index, to_string(value)); }
    void bind(int index, const Metrics& value) { bind(index, to_text(value)); }
    void bind_null(int index);
    template <class Text>
    void bind(int index, const Reference<Text>& value) {
        if (value.text.empty())
            bind_null(index);
        else
            bind(index, std::string_view(value.text));
    }
    template <class Value>
    void bind(int index, const std::optional<Value>& value) {
        if (value)
            bind(index, *value);
        else
            bind_null(index);
    }

    bool step();  // true: a row can be read; false: done
    void run() { step(); }
    void reset();  // to run again with new values

    bool is_null(int column) const;
    std::int64_t integer(int column) const;
    double real(int column) const;
    std::string text(int column) const;

    void read(int column, std::int64_t& value) const { value = integer(column); }
    void read(int column, bool& value) const { value = integer(column) != 0; }
    void read(int column, double& value) const { value = real(column); }
    void read(int column, std::string& value) const { value = text(column); }
    void read(int column, RunState& value) const;
    void read(int column, Metrics& value) const { value = metrics_from(text(column)); }
    void read(int column, Reference<std::string> value) const { value.text = text(column); }
    template <class Value>
    void read(int column, std::optional<Value>& value) const {
        if (is_null(column)) {
            value.reset();
        } else {
            read(column, value.emplace());
        }
    }

  private:
    Statement(Database& database, std::string_view sql, std::nullptr_t);
    void bind_integer(int index, std::int64_t value);
    void check(int result_code) const;

    Database& database_;
    sqlite3_stmt* handle_ = nullptr;
};

}  // namespace catalog
