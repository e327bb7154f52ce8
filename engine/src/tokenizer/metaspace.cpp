#include "tokenizer/metaspace.h"

#include "engine/error.h"
#include "tokenizer/text.h"

namespace engine {

MetaspaceOptions read_metaspace(const Json& description, const std::string& source) {
    MetaspaceOptions options;
    if (auto mark = json_string(description, "replacement", source)) options.mark = *std::move(mark);
    if (options.mark.empty() || character_at(options.mark, 0).length != options.mark.size())
        fail_input("\"replacement\" of Metaspace in " + source +
                   " is not a single character. Fetch the file again.");
    const bool prefix = json_bool(description, "add_prefix_space", source).value_or(true);
    const auto scheme =
        json_string(description, "prepend_scheme", source).value_or(prefix ? "always" : "never");
    if (scheme == "first") {
        options.scheme = PrependScheme::first;
    } else if (scheme == "never") {
        options.scheme = PrependScheme::never;
    } else if (scheme != "always") {
        fail_input("\"prepend_scheme\" of Metaspace in " + source + " is '" + scheme.substr(0, 60) +
                   "'; known are always, first and never. Fetch the file again.");
    }
    options.split = json_bool(description, "split", source).value_or(true);
    return options;
}

}  // namespace engine
