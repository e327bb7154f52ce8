// As Python's json.dumps writes it.
#include "chat/evaluator.h"
#include "chat/problem.h"
#include "tokenizer/text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace engine::jinja {
namespace {

class JsonWriter {
  public:
    JsonWriter(Evaluator& evaluator, const JsonStyle& style) : evaluator_(evaluator), style_(style) {}

    MarkedText run(const Value& value) {
        write(value, 0);
        return std::move(out_);
    }

  private:
    void write(const Value& value, std::size_t level) {
        evaluator_.charge(1);
        if (const MarkedText* text = value.as_text()) return write_text(*text);
        if (const List* list = value.as_list()) return write_list(*list, level);
        if (const Dict* dict = value.as_dict()) return write_dict(*dict, level);
        if (value.is_undefined()) fail(value.as_undefined()->why);
        if (!value.is_none() && !value.is_number())
            fail(std::string(value.type_name()) + " has no form in JSON");
        put(scalar(value));
    }

    void put(std::string_view bytes, char mark = from_template) {
        evaluator_.grow(out_, bytes.size());
        out_.append(bytes, mark);
    }

    static std::string scalar(const Value& value) {
        if (value.is_none()) return "null";
        if (value.is_boolean()) return value.as_integer() ? "true" : "false";
        if (value.is_integer()) return std::to_string(value.as_integer());
        const double number = value.as_real();
        if (std::isnan(number)) return "NaN";
        if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
        return real_text(number);
    }

    void new_line(std::size_t level) {
        if (!style_.indented) return;
        evaluator_.charge(level * style_.indent.size() / 16);
        put("\n");
        for (std::size_t i = 0; i < level; ++i) put(style_.indent);
    }

    void write_list(const List& list, std::size_t level) {
        put("[");
        for (std::size_t i = 0; i < list.items.size(); ++i) {
            if (i > 0) put(style_.between_items);
            new_line(level + 1);
            write(list.items[i], level + 1);
        }
        if (!list.items.empty()) new_line(level);
        put("]");
    }

    void write_dict(const Dict& dict, std::size_t level) {
        std::vector<const std::pair<Value, Value>*> pairs;
        for (const auto& pair : dict.pairs) pairs.push_back(&pair);
        if (style_.sort_keys)
            std::stable_sort(pairs.begin(), pairs.end(),
                             [](const auto* a, const auto* b) { return compare(a->first, b->first) < 0; });
        put("{");
        bool first = true;
        for (const auto* pair : pairs) {
            if (!first) put(style_.between_items);
            first = false;
            new_line(level + 1);
            if (const MarkedText* key = pair->first.as_text())
                write_text(*key);
            else if (pair->first.is_none() || pair->first.is_number())
                put("\"" + scalar(pair->first) + "\"");
            else
                fail(std::string(pair->first.type_name()) + " cannot be a key in JSON");
            put(style_.after_key);
            write(pair->second, level + 1);
        }
        if (!pairs.empty()) new_line(level);
        put("}");
    }

    void write_text(const MarkedText& text) {
        evaluator_.charge(text.size() / 8);
        put("\"");
        const std::string& bytes = text.bytes();
        for (std::size_t i = 0; i < bytes.size();) {
            const Character c = character_at(bytes, i);
            put(spelled(c.code, std::string_view(bytes).substr(i, c.length)), text.mark(i));
            i += c.length;
        }
        put("\"");
    }

    std::string spelled(char32_t code, std::string_view bytes) const {
        switch (code) {
            case '"':
                return "\\\"";
            case '\\':
                return "\\\\";
            case '\n':
                return "\\n";
            case '\r':
                return "\\r";
            case '\t':
                return "\\t";
            case '\b':
                return "\\b";
            case '\f':
                return "\\f";
            default:
                break;
        }
        if (code >= 0x20 && (code < 0x7f || !style_.ascii)) return std::string(bytes);
        const auto unit = [](unsigned value) {
            char escaped[16];
            std::snprintf(escaped, sizeof escaped, "\\u%04x", value);
            return std::string(escaped);
        };
        if (code < 0x10000) return unit(static_cast<unsigned>(code));
        const unsigned rest = static_cast<unsigned>(code) - 0x10000;
        return unit(0xd800 + (rest >> 10)) + unit(0xdc00 + (rest & 0x3ff));
    }

    Evaluator& evaluator_;
    const JsonStyle& style_;
    MarkedText out_;
};

}  // namespace

MarkedText to_json(Evaluator& evaluator, const Value& value, const JsonStyle& style) {
    return JsonWriter(evaluator, style).run(value);
}

}  // namespace engine::jinja
