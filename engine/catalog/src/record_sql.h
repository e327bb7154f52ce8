// Writes and reads whole records by visiting their fields. Each table has one function fields(record, visit)
// that calls visit("column", member) for every column; inserting and selecting both follow it, so the two
// never disagree. All text built here comes from those fixed column names, never from data.
#pragma once

#include "statement.h"

#include <string>

namespace catalog {

struct ColumnList {
    std::string names;
    std::string marks;

    template <class Value>
    void operator()(const char* name, const Value&) {
        names += (names.empty() ? "" : ", ") + std::string(name);
        marks += marks.empty() ? "?" : ", ?";
    }
};

template <class Record>
ColumnList columns_of() {
    ColumnList list;
    Record record;
    fields(record, list);
    return list;
}

template <class Record>
void insert_record(Database& database, const char* table, Record& record) {
    const ColumnList columns = columns_of<Record>();
    Statement insert(database, "INSERT INTO " + std::string(table) + " (" + columns.names + ") VALUES (" +
                                   columns.marks + ")");
    int index = 0;
    fields(record, [&](const char*, const auto& value) { insert.bind(++index, value); });
    insert.run();
}

// Reads the columns of columns_of<Record>() that begin at column 0.
template <class Record>
int read_record(const Statement& row, Record& record) {
    int column = 0;
    fields(record, [&](const char*, auto&& value) { row.read(column++, value); });
    return column;
}

}  // namespace catalog
