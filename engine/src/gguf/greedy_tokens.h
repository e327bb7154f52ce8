// Added tokens that take the spaces beside them along (lstrip, rstrip). llama.cpp knows them of Phi-3 alone, and that by the
// name of the model.
#pragma once

#include "io/json.h"

#include <functional>
#include <string>

namespace engine {

struct GreedyTokens {
    std::string first;       // one of them; empty when there is none
    bool like_phi3 = false;  // exactly the special tokens that llama.cpp takes for greedy in Phi-3
};

// The lists of added tokens of a tokenizer: of tokenizer_config.json, and of tokenizer.json (null: none). is_known: whether
// there is a token of this spelling.
GreedyTokens greedy_tokens(const Json& added_later, const Json& added, const std::function<bool(const char*)>& is_known);

// general.name. llama.cpp reads from it whether a tokenizer is Phi-3's, wherever it says phi3 or phi-3, and loads no file that
// says so and lacks Phi-3's tokens; so the name says it of such
// a tokenizer and of no other.
std::string gguf_model_name(const std::string& wanted, bool like_phi3);

}  // namespace engine
