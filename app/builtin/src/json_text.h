#pragma once

#include <string>
#include <string_view>

namespace builtin {

// The inside of a JSON string. The texts of this library have no control character but the newline and the
// tab.
inline std::string json_escaped(std::string_view text) {
    std::string out;
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (c == '\n')
            out += "\\n";
        else if (c == '\t')
            out += "\\t";
        else
            out += c;
    }
    return out;
}

}  // namespace builtin
