#include "tokenizer/sentencepiece_file.h"

#include "engine/error.h"
#include "tokenizer/text.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <optional>
#include <unordered_set>

namespace engine {
namespace {

// More than any published piece; bounds the work of finding the merges.
constexpr std::size_t longest_piece = 512;
constexpr std::size_t most_pieces = 1 << 22;

[[noreturn]] void refuse(const std::string& source, const std::string& why) {
    fail_input("The SentencePiece model " + source + " is damaged: " + why + ". Fetch the file again.");
}

// One field of a protocol buffer message.
struct Field {
    std::uint64_t number = 0;
    std::uint64_t value = 0;  // of a number
    std::string_view bytes;   // of a text or a message
};

class MessageReader {
  public:
    MessageReader(std::string_view bytes, const std::string& source) : rest_(bytes), source_(source) {}

    std::optional<Field> next() {
        if (rest_.empty()) return std::nullopt;
        const std::uint64_t key = varint();
        Field field{key >> 3, 0, {}};
        switch (key & 7) {
            case 0:
                field.value = varint();
                break;
            case 1:
                field.value = fixed<std::uint64_t>();
                break;
            case 2:
                field.bytes = take(varint());
                break;
            case 5:
                field.value = fixed<std::uint32_t>();
                break;
            default:
                refuse(source_, "it has a field of an unknown kind");
        }
        return field;
    }

  private:
    std::string_view take(std::uint64_t size) {
        if (size > rest_.size()) refuse(source_, "it ends too early");
        const std::string_view taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }
    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            const auto byte = static_cast<unsigned char>(take(1).front());
            value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
            if (byte < 0x80) return value;
        }
        refuse(source_, "it holds a number without end");
    }
    template <class T>
    T fixed() {
        T value = 0;
        std::memcpy(&value, take(sizeof value).data(), sizeof value);
        return value;
    }

    std::string_view rest_;
    const std::string& source_;
};

SentencePiece read_piece(std::string_view bytes, const std::string& source) {
    SentencePiece piece;
    MessageReader reader(bytes, source);
    while (const auto field = reader.next()) {
        if (field->number == 1) piece.text = field->bytes;
        if (field->number == 2) piece.score = std::bit_cast<float>(static_cast<std::uint32_t>(field->value));
        if (field->number == 3) {
            if (field->value < 1 || field->value > 6) refuse(source, "a piece is of an unknown type");
            piece.type = static_cast<PieceType>(field->value);
        }
    }
    if (piece.text.empty() || piece.text.size() > longest_piece)
        refuse(source, "a piece is empty or longer than " + std::to_string(longest_piece) + " bytes");
    if (valid_utf8(piece.text) != piece.text) refuse(source, "a piece is not UTF-8");
    if (!std::isfinite(piece.score)) refuse(source, "a score is not a number");
    return piece;
}

void read_trainer(std::string_view bytes, SentencePieceFile& file, const std::string& source) {
    MessageReader reader(bytes, source);
    const auto id = [](const Field& field) {
        // A negative number is written as its 64-bit complement.
        const auto value = static_cast<std::int64_t>(field.value);
        return value < 0 || value > INT32_MAX ? -1 : static_cast<std::int32_t>(value);
    };
    while (const auto field = reader.next()) {
        switch (field->number) {
            case 3:
                if (field->value != 1 && field->value != 2)
                    fail_input(
                        "The SentencePiece model " + source +
                        " cuts text into words or characters, which is not supported; supported are unigram "
                        "and BPE. Choose another model.");
                file.algorithm = static_cast<SentencePieceAlgorithm>(field->value);
                break;
            case 24:
                file.treat_whitespace_as_suffix = field->value != 0;
                break;
            case 35:
                file.byte_fallback = field->value != 0;
                break;
            case 41:
                file.bos_id = id(*field);
                break;
            case 42:
                file.eos_id = id(*field);
                break;
            case 43:
                file.pad_id = id(*field);
                break;
            default:
                break;  // how it was trained
        }
    }
}

void read_normalizer(std::string_view bytes, SentencePieceFile& file, const std::string& source) {
    MessageReader reader(bytes, source);
    while (const auto field = reader.next()) {
        if (field->number == 2) file.chars_map = field->bytes;
        if (field->number == 3) file.add_dummy_prefix = field->value != 0;
        if (field->number == 4) file.remove_extra_whitespaces = field->value != 0;
        if (field->number == 5) file.escape_whitespaces = field->value != 0;
    }
}

void check_pieces(SentencePieceFile& file, const std::string& source) {
    std::unordered_set<std::string_view> texts;
    std::int32_t unknown = -1;
    for (std::size_t id = 0; id < file.pieces.size(); ++id) {
        const SentencePiece& piece = file.pieces[id];
        if (!texts.insert(piece.text).second) refuse(source, "the piece '" + piece.text + "' is there twice");
        if (piece.type != PieceType::unknown) continue;
        if (unknown >= 0) refuse(source, "it has two pieces for unknown characters");
        unknown = static_cast<std::int32_t>(id);
    }
    if (unknown < 0) refuse(source, "it has no piece for unknown characters");
    file.unk_id = unknown;
    for (std::int32_t* id : {&file.bos_id, &file.eos_id, &file.pad_id})
        if (*id >= static_cast<std::int32_t>(file.pieces.size()) ||
            (*id >= 0 && file.pieces[static_cast<std::size_t>(*id)].type != PieceType::control))
            *id = -1;
}

}  // namespace

SentencePieceFile parse_sentencepiece(std::string_view bytes, const std::string& source) {
    // Every such file begins with a piece. Llama 3's own tokenizer.model is a text.
    if (!bytes.starts_with('\n'))
        fail_input(
            "The file " + source +
            " is not a SentencePiece model, although its name says so. Add the model's tokenizer.json.");
    SentencePieceFile file;
    MessageReader reader(bytes, source);
    while (const auto field = reader.next()) {
        if (field->number == 1) {
            if (file.pieces.size() == most_pieces) refuse(source, "it has too many pieces");
            file.pieces.push_back(read_piece(field->bytes, source));
        }
        if (field->number == 2) read_trainer(field->bytes, file, source);
        if (field->number == 3) read_normalizer(field->bytes, file, source);
    }
    check_pieces(file, source);
    return file;
}

}  // namespace engine
