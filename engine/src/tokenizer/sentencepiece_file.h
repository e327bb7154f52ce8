// The content of a SentencePiece model file (tokenizer.model, spm.model): a protocol buffer with the pieces,
// their scores, and the settings of the algorithm around them.
//
// The file is read here and not by libsentencepiece because that library carries its own protobuf, whose
// symbols collide with those of libtorch's libprotobuf: on Debian 12 a program that links both crashes before
// main. The tests compare with the library, in a program without libtorch.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

// The numbers are those of the file.
enum class PieceType { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };
enum class SentencePieceAlgorithm { unigram = 1, bpe = 2 };

struct SentencePiece {
    std::string text;
    float score = 0;
    PieceType type = PieceType::normal;
};

struct SentencePieceFile {
    std::vector<SentencePiece> pieces;  // by id
    SentencePieceAlgorithm algorithm = SentencePieceAlgorithm::unigram;
    bool byte_fallback = false;
    std::int32_t unk_id = 0;                           // the piece of type unknown
    std::int32_t bos_id = 1, eos_id = 2, pad_id = -1;  // -1: none

    std::string chars_map;  // rules of normalisation (chars_map.h), may be empty
    bool add_dummy_prefix = true;
    bool remove_extra_whitespaces = true;
    bool escape_whitespaces = true;
    bool treat_whitespace_as_suffix = false;
};

// Failure (bad_input) for damaged bytes and for algorithms other than unigram and BPE.
SentencePieceFile parse_sentencepiece(std::string_view bytes, const std::string& source);

}  // namespace engine
