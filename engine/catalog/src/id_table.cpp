#include "id_table.h"

#include "statement.h"
#include "transaction.h"

#include <algorithm>

namespace catalog {

namespace {

constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr std::size_t width = 6;            // lasts until 2089
constexpr std::int64_t epoch = 1577836800;  // 2020-01-01 UTC
constexpr std::size_t shortest_beginning = 3;

}  // namespace

std::string new_id(Database& database, char kind) {
    Transaction transaction(database);
    const auto clock = std::max<std::int64_t>(1, static_cast<std::int64_t>(now()) - epoch);
    std::int64_t number = 0;
    {
        Statement next(database,
                       "INSERT INTO ids (kind, last) VALUES (?1, ?2) "
                       "ON CONFLICT (kind) DO UPDATE SET last = max(last + 1, excluded.last) RETURNING last",
                       std::string(1, kind), clock);
        while (next.step()) number = next.integer(0);
    }
    transaction.commit();
    std::string id = std::string(1, kind) + '-' + std::string(width, '0');
    for (std::size_t place = id.size(); number > 0 && place > 2; number /= 36)
        id[--place] = digits[static_cast<std::size_t>(number % 36)];
    return id;
}

std::string id_beginning(char kind, std::string_view text) {
    if (text.size() > 1 && text[0] == kind && text[1] == '-') text.remove_prefix(2);
    if (text.size() < shortest_beginning || text.size() > width) return {};
    if (text.find_first_not_of(digits) != std::string_view::npos) return {};
    return std::string(1, kind) + '-' + std::string(text);
}

std::string like_pattern(std::string_view text) {
    std::string pattern = "%";
    for (const char c : text) {
        if (c == '%' || c == '_' || c == '\\') pattern += '\\';
        pattern += c;
    }
    return pattern + '%';
}

}  // namespace catalog
