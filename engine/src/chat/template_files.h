// Chat templates and special tokens as a Hugging Face folder holds them.
#pragma once

#include "chat/value.h"

#include <filesystem>
#include <string>
#include <vector>

namespace engine {

struct NamedTemplate {
    std::string name;  // "default", "tool_use", "rag" ...
    std::string text;
    std::string source;  // for sentences
};

// In the order of the files, each name once: what comes later replaces what came before. Failure (bad_input)
// when a file is damaged.
std::vector<NamedTemplate> read_chat_templates(const std::filesystem::path& folder);

// bos_token, eos_token, unk_token, sep_token, pad_token, cls_token, mask_token: those the folder sets.
jinja::Pairs read_special_tokens(const std::filesystem::path& folder);

// A JSON object as variables; the order of fields is kept. mark: of every text in it. Failure names source.
jinja::Pairs variables_from_json(const std::string& text, char mark, const std::string& source);
jinja::Value value_from_json(const std::string& text, char mark, const std::string& source);

}  // namespace engine
