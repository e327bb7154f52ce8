// The settings that the pre-tokenizer and the decoder Metaspace share.
#pragma once

#include "io/json.h"

#include <string>

namespace engine {

enum class PrependScheme { always, first, never };  // first: only where the input begins

struct MetaspaceOptions {
    std::string mark = "\xE2\x96\x81";  // stands for a space
    PrependScheme scheme = PrependScheme::always;
    bool split = true;
};

// Also in its older form, with "add_prefix_space". Failure (bad_input) for anything else.
MetaspaceOptions read_metaspace(const Json& description, const std::string& source);

}  // namespace engine
