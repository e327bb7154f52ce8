#include "chat/text_operations.h"

#include "tokenizer/text.h"

#include <algorithm>
#include <utf8proc.h>

namespace engine::jinja {
namespace {

constexpr std::size_t nowhere = std::string::npos;

bool is_cased(char32_t code) {
    const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(code));
    return category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LL ||
           category == UTF8PROC_CATEGORY_LT;
}

void append_code(MarkedText& out, char32_t code, char mark) {
    std::string bytes;
    append_utf8(code, bytes);
    out.append(bytes, mark);
}

void append_cased(MarkedText& out, char32_t code, bool upper, bool title, char mark) {
    const auto c = static_cast<utf8proc_int32_t>(code);
    if (code == 0xdf && upper) {  // sharp s has no single capital in Python's tables
        out.append(title ? "Ss" : "SS", mark);
        return;
    }
    append_code(out,
                static_cast<char32_t>(title   ? utf8proc_totitle(c)
                                      : upper ? utf8proc_toupper(c)
                                              : utf8proc_tolower(c)),
                mark);
}

template <class Wanted>
MarkedText mapped(const MarkedText& text, Wanted wanted) {
    MarkedText out;
    for (std::size_t i = 0; i < text.size();) {
        const Character c = character_at(text.bytes(), i);
        wanted(out, c.code, text.mark(i));
        i += c.length;
    }
    return out;
}

}  // namespace

MarkedText in_case(const MarkedText& text, Case wanted) {
    bool inside = false;  // a word, or the text
    return mapped(text, [&](MarkedText& out, char32_t code, char mark) {
        switch (wanted) {
            case Case::upper:
                return append_cased(out, code, true, false, mark);
            case Case::lower:
                return append_cased(out, code, false, false, mark);
            case Case::title:
                append_cased(out, code, !inside, !inside, mark);
                inside = is_cased(code);
                return;
            case Case::capitalised:
                append_cased(out, code, !inside, !inside, mark);
                inside = true;
                return;
        }
    });
}

MarkedText title_words(const MarkedText& text) {
    bool inside = false;
    return mapped(text, [&](MarkedText& out, char32_t code, char mark) {
        append_cased(out, code, !inside, false, mark);
        inside =
            !is_python_space(code) && !(code < 0x80 && std::string_view("-({[<").find(char(code)) != nowhere);
    });
}

std::vector<std::size_t> places_of(const MarkedText& text, std::string_view what, std::int64_t most) {
    std::vector<std::size_t> places;
    const auto full = [&] { return most >= 0 && static_cast<std::int64_t>(places.size()) >= most; };
    if (what.empty()) {
        for (const std::size_t offset : text.boundaries()) {
            if (full()) break;
            places.push_back(offset);
        }
        return places;
    }
    for (std::size_t at = 0; !full(); at = places.back() + what.size()) {
        const std::size_t found = text.bytes().find(what, at);
        if (found == nowhere) break;
        places.push_back(found);
    }
    return places;
}

MarkedText replaced(const MarkedText& text, const MarkedText& what, const MarkedText& by,
                    const std::vector<std::size_t>& places) {
    MarkedText out;
    std::size_t at = 0;
    for (const std::size_t place : places) {
        out.append(text.substr(at, place - at));
        out.append(by);
        at = place + what.size();
    }
    out.append(text.substr(at));
    return out;
}

std::vector<MarkedText> split_at(const MarkedText& text, std::string_view separator, std::int64_t most) {
    std::vector<MarkedText> parts;
    std::size_t at = 0;
    for (const std::size_t place : places_of(text, separator, most)) {
        parts.push_back(text.substr(at, place - at));
        at = place + separator.size();
    }
    parts.push_back(text.substr(at));
    return parts;
}

std::vector<MarkedText> split_at_space(const MarkedText& text, std::int64_t most) {
    std::vector<MarkedText> parts;
    const std::string& bytes = text.bytes();
    for (std::size_t i = 0; i < bytes.size();) {
        const Character c = character_at(bytes, i);
        if (is_python_space(c.code)) {
            i += c.length;
            continue;
        }
        if (most >= 0 && static_cast<std::int64_t>(parts.size()) >= most) {
            parts.push_back(text.substr(i).strip({}, false, true));
            break;
        }
        const std::size_t begin = i;
        while (i < bytes.size()) {
            const Character next = character_at(bytes, i);
            if (is_python_space(next.code)) break;
            i += next.length;
        }
        parts.push_back(text.substr(begin, i - begin));
    }
    return parts;
}

std::vector<MarkedText> split_from_right(const MarkedText& text, std::string_view separator,
                                         std::int64_t most) {
    std::vector<MarkedText> parts;
    std::size_t end = text.size();
    while ((most < 0 || static_cast<std::int64_t>(parts.size()) < most) && end >= separator.size()) {
        const std::size_t found = text.bytes().rfind(separator, end - separator.size());
        if (found == nowhere) break;
        parts.push_back(text.substr(found + separator.size(), end - found - separator.size()));
        end = found;
    }
    parts.push_back(text.substr(0, end));
    std::reverse(parts.begin(), parts.end());
    return parts;
}

std::vector<MarkedText> split_lines(const MarkedText& text, bool keep_ends) {
    std::vector<MarkedText> lines;
    const std::string& bytes = text.bytes();
    for (std::size_t begin = 0; begin < bytes.size();) {
        const std::size_t end = std::min(bytes.find_first_of("\n\r\v\f\x1c\x1d\x1e", begin), bytes.size());
        std::size_t next = std::min(end + 1, bytes.size());
        if (end + 1 < bytes.size() && bytes[end] == '\r' && bytes[end + 1] == '\n') ++next;
        lines.push_back(text.substr(begin, (keep_ends ? next : end) - begin));
        begin = next;
    }
    return lines;
}

}  // namespace engine::jinja
