#include "tokenizer/text.h"

#include "engine/error.h"

#include <array>
#include <cstdlib>
#include <memory>
#include <utf8proc.h>

namespace engine {
namespace {

// Length of the well-formed character at the start of bytes, or 0 with bad = length of the maximal invalid
// part and incomplete = whether only more bytes are missing. Ranges: Unicode 15, table 3-7.
struct Scan {
    std::size_t good = 0;
    std::size_t bad = 0;
    bool incomplete = false;
};

Scan scan_character(std::string_view bytes) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const unsigned char lead = at(0);
    if (lead < 0x80) return {1, 0, false};
    std::size_t length = 0;
    unsigned char low = 0x80, high = 0xBF;  // allowed second byte
    if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        length = 3;
        if (lead == 0xE0) low = 0xA0;
        if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4;
        if (lead == 0xF0) low = 0x90;
        if (lead == 0xF4) high = 0x8F;
    } else {
        return {0, 1, false};
    }
    for (std::size_t i = 1; i < length; ++i) {
        if (i == bytes.size()) return {0, i, true};
        if (at(i) < low || at(i) > high) return {0, i, false};
        low = 0x80, high = 0xBF;
    }
    return {length, 0, false};
}

struct Alphabet {
    std::array<std::string, 256> spelling;
    std::array<std::int16_t, 0x180> byte;

    Alphabet() {
        byte.fill(-1);
        char32_t next = 0x100;
        for (unsigned b = 0; b < 256; ++b) {
            const bool printable = (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
            const char32_t code = printable ? b : next++;
            append_utf8(code, spelling[b]);
            byte[code] = static_cast<std::int16_t>(b);
        }
    }
};

const Alphabet& alphabet() {
    static const Alphabet instance;
    return instance;
}

}  // namespace

std::string valid_utf8(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    std::size_t from = 0, at = 0;
    while (at < bytes.size()) {
        const Scan scan = scan_character(bytes.substr(at));
        if (scan.good == 0) {
            text.append(bytes.substr(from, at - from));
            text.append("\xEF\xBF\xBD");
            from = at + scan.bad;
        }
        at += scan.good + scan.bad;
    }
    text.append(bytes.substr(from));
    return text;
}

std::size_t complete_utf8_prefix(std::string_view bytes) {
    // Only the last three bytes can belong to an unfinished character.
    for (std::size_t back = 1; back <= 3 && back <= bytes.size(); ++back) {
        const auto byte = static_cast<unsigned char>(bytes[bytes.size() - back]);
        if (byte < 0x80) break;
        if (byte >= 0xC0) {
            const Scan scan = scan_character(bytes.substr(bytes.size() - back));
            return scan.incomplete && scan.bad == back ? bytes.size() - back : bytes.size();
        }
    }
    return bytes.size();
}

Character character_at(std::string_view text, std::size_t position) {
    const auto at = [&](std::size_t i) {
        return static_cast<char32_t>(static_cast<unsigned char>(text[position + i]));
    };
    const char32_t lead = at(0);
    if (lead < 0x80) return {lead, 1};
    if (lead < 0xE0) return {(lead & 0x1F) << 6 | (at(1) & 0x3F), 2};
    if (lead < 0xF0) return {(lead & 0x0F) << 12 | (at(1) & 0x3F) << 6 | (at(2) & 0x3F), 3};
    return {(lead & 0x07) << 18 | (at(1) & 0x3F) << 12 | (at(2) & 0x3F) << 6 | (at(3) & 0x3F), 4};
}

Character character_before(std::string_view text, std::size_t position) {
    std::size_t start = position - 1;
    while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) --start;
    return character_at(text, start);
}

void append_utf8(char32_t code, std::string& out) {
    const auto push = [&](char32_t byte) { out += static_cast<char>(byte); };
    if (code < 0x80) {
        push(code);
    } else if (code < 0x800) {
        push(0xC0 | code >> 6), push(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        push(0xE0 | code >> 12), push(0x80 | (code >> 6 & 0x3F)), push(0x80 | (code & 0x3F));
    } else {
        push(0xF0 | code >> 18), push(0x80 | (code >> 12 & 0x3F));
        push(0x80 | (code >> 6 & 0x3F)), push(0x80 | (code & 0x3F));
    }
}

bool is_white_space(char32_t code) {
    return (code >= 0x09 && code <= 0x0D) || code == 0x20 || code == 0x85 || code == 0xA0 || code == 0x1680 ||
           (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 || code == 0x202F ||
           code == 0x205F || code == 0x3000;
}

bool is_numeric(char32_t code) {
    const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(code));
    return category == UTF8PROC_CATEGORY_ND || category == UTF8PROC_CATEGORY_NL ||
           category == UTF8PROC_CATEGORY_NO;
}

bool is_word(char32_t code) {
    switch (utf8proc_category(static_cast<utf8proc_int32_t>(code))) {
        case UTF8PROC_CATEGORY_LU:
        case UTF8PROC_CATEGORY_LL:
        case UTF8PROC_CATEGORY_LT:
        case UTF8PROC_CATEGORY_LM:
        case UTF8PROC_CATEGORY_LO:
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_MC:
        case UTF8PROC_CATEGORY_ME:
        case UTF8PROC_CATEGORY_ND:
        case UTF8PROC_CATEGORY_NL:
        case UTF8PROC_CATEGORY_PC:
            return true;
        default:
            return false;
    }
}

bool is_punctuation(char32_t code) {
    const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(code));
    return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
}

bool is_mark(char32_t code) {
    const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(code));
    return category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
}

bool is_nonspacing_mark(char32_t code) {
    return utf8proc_category(static_cast<utf8proc_int32_t>(code)) == UTF8PROC_CATEGORY_MN;
}

bool is_control(char32_t code) {
    const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(code));
    return category >= UTF8PROC_CATEGORY_CC && category <= UTF8PROC_CATEGORY_CO;
}

void append_lowercase(char32_t code, std::string& out) {
    // The only character whose lower case is more than one in every context.
    if (code == 0x130) {
        out += "i\xCC\x87";
        return;
    }
    append_utf8(static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(code))), out);
}

std::size_t grapheme_length(std::string_view text) {
    Character before = character_at(text, 0);
    std::size_t at = before.length;
    utf8proc_int32_t state = 0;
    while (at < text.size()) {
        const Character next = character_at(text, at);
        if (utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(before.code),
                                             static_cast<utf8proc_int32_t>(next.code), &state))
            break;
        at += next.length;
        before = next;
    }
    return at;
}

std::string normalize(std::string_view text, NormalizationForm form) {
    int options = UTF8PROC_STABLE;
    const bool compatible = form == NormalizationForm::nfkc || form == NormalizationForm::nfkd;
    const bool composed = form == NormalizationForm::nfc || form == NormalizationForm::nfkc;
    options |= composed ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE;
    if (compatible) options |= UTF8PROC_COMPAT;
    utf8proc_uint8_t* result = nullptr;
    const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                     static_cast<utf8proc_ssize_t>(text.size()), &result,
                                     static_cast<utf8proc_option_t>(options));
    const std::unique_ptr<utf8proc_uint8_t, void (*)(void*)> owner(result, &std::free);
    if (length < 0)
        throw Failure(Error{ErrorCode::failed,
                            "A text could not be brought into Unicode normal form. Try a shorter one.",
                            utf8proc_errmsg(length)});
    return std::string(reinterpret_cast<const char*>(result), static_cast<std::size_t>(length));
}

const std::string& byte_spelling(unsigned char byte) {
    return alphabet().spelling[byte];
}

std::optional<unsigned char> byte_of_spelling(char32_t code) {
    const auto& table = alphabet().byte;
    if (code >= table.size() || table[code] < 0) return std::nullopt;
    return static_cast<unsigned char>(table[code]);
}

std::string spell_bytes(std::string_view bytes) {
    std::string spelled;
    spelled.reserve(bytes.size() + bytes.size() / 4);
    for (const char byte : bytes) spelled += byte_spelling(static_cast<unsigned char>(byte));
    return spelled;
}

std::string unspell_bytes(std::string_view token) {
    std::string bytes;
    for (std::size_t at = 0; at < token.size();) {
        const Character c = character_at(token, at);
        const auto byte = byte_of_spelling(c.code);
        if (!byte) return std::string(token);
        bytes += static_cast<char>(*byte);
        at += c.length;
    }
    return bytes;
}

}  // namespace engine
