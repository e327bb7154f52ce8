// A rendered conversation as token ids.
#pragma once

#include <engine/chat.h>
#include <engine/tokenizer.h>

#include <cstdint>
#include <vector>

namespace engine {

struct EncodedChat {
    std::vector<std::int32_t> ids;
    std::vector<std::uint8_t> trained;  // one per id; 1: part of a turn of the assistant
};

// The special tokens are those the template wrote; in what the messages say they are text.
EncodedChat encode_chat(const Tokenizer& tokenizer, const RenderedChat& chat);

// The ids that end a turn of the assistant: the tokenizer's stop ids, and the special token that the template writes
// behind an answer.
std::vector<std::int32_t> turn_end_ids(const Tokenizer& tokenizer, const ChatTemplate& chat);

}  // namespace engine
