// Tokenizers without a tokenizer.json: what their other files and the class in tokenizer_config.json mean, in
// the form of tokenizer.json.
#pragma once

#include "tokenizer/tokenizer_files.h"

namespace engine {

// All three fill in roles that config leaves open. Failure (bad_input) for damaged files.
// vocab.json and merges.txt: GPT-2, RoBERTa, Qwen 2.
Json document_from_bpe_files(const std::filesystem::path& folder, const Json& config, TokenizerFiles& files);
// vocab.txt: BERT.
Json document_from_wordpiece_file(const std::filesystem::path& path, const Json& config,
                                  TokenizerFiles& files);
// tokenizer.model (Llama, Mistral, Gemma), spm.model (DeBERTa), sentencepiece.bpe.model (XLM-RoBERTa) or spiece.model (T5's
// class); fills files.sentencepiece and files.prefix. Failure (bad_input) also for a class that nothing is known of.
Json document_from_sentencepiece(const std::filesystem::path& path, const Json& config,
                                 TokenizerFiles& files);

// The class in tokenizer_config.json, or that of the family in config.json.
std::string tokenizer_class(const std::filesystem::path& folder, const Json& config);
// Tokens (content, id) around a text, in the form of tokenizer.json; null when there are none.
Json special_frame(const std::vector<std::pair<std::string, std::int64_t>>& before,
                   const std::vector<std::pair<std::string, std::int64_t>>& after);

// Shared with tokenizer_files.cpp. A JSON object, empty when there is no such file:
Json read_optional(const std::filesystem::path& path);
// A token given as a text or as an object with "content".
std::optional<std::string> token_text(const Json& object, const char* key);

}  // namespace engine
