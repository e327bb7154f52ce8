// Rows to token ids; shared by training and by the report, so that what is shown is what is trained on.
#pragma once

#include "data/dataset.h"
#include "data/rows.h"

#include <functional>
#include <string>
#include <variant>

namespace engine {

// A row before it is cut.
struct EncodedRow {
    std::int64_t line = 0;
    std::uint64_t group = 0;
    std::vector<std::int32_t> ids;
    std::vector<std::uint8_t> trained;  // one per id; 1: its loss counts
};

class RowEncoder {
  public:
    // Failure when the template lacks {prompt} or seq_len is below 2.
    RowEncoder(const Tokenizer& tokenizer, RowFormat format, std::int64_t seq_len);

    // Calls row for each example and bad for each row of which nothing would be trained, in file order, on
    // this thread. The rows are encoded on all cores, where check_stop is called too; what it throws comes
    // out here. Failure when the file holds conversations and there is no chat template.
    void encode(const RowFile& file, const std::function<void(EncodedRow&&)>& row,
                const std::function<void(BadRow&&)>& bad, const std::function<void()>& check_stop) const;

  private:
    std::vector<std::int32_t> ids_of(std::string_view text) const;
    std::variant<EncodedRow, BadRow> encode_pair_or_text(const Row& source, bool with_prompt) const;
    std::variant<EncodedRow, BadRow> encode_chat_row(const Row& source, const ChatTemplate& chat) const;
    void encode_plain_text(const Row& source, const std::function<void(EncodedRow&&)>& row,
                           const std::function<void(BadRow&&)>& bad) const;

    Tokenizer tokenizer_;
    RowFormat format_;
    std::int64_t seq_len_;
    std::optional<std::int32_t> bos_, eos_;
};

// What carries the loss in rows of a kind, for people.
const char* trained_part(RowKind kind);

// The cut form.
Example example_of(EncodedRow&& row, std::int64_t seq_len);

}  // namespace engine
