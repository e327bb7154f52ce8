// The GGUF reader: keys, tensor descriptions, and every value of every tensor.
#include "engine/error.h"
#include "fuzz/driver.h"
#include "gguf/blocks.h"
#include "gguf/gguf_reader.h"

const fuzz::Target fuzz::target{
    "gguf",
    {"GGUF", "general.alignment", "general.architecture", "tokenizer.ggml.tokens", "blk.0.attn_q.weight",
     std::string_view("\x09\0\0\0\x08\0\0\0", 8), std::string_view("\x20\0\0\0\0\0\0\0", 8),
     std::string_view("\x1e\0\0\0", 4)}};

void fuzz::read_input(std::string_view input) {
    const auto bytes = std::as_bytes(std::span(input));
    const auto header = engine::GgufHeader::parse(bytes, "the input");
    for (const engine::GgufTensor& tensor : header.tensors) {
        if (tensor.offset % header.alignment != 0) fail("a tensor that is not aligned");
        const std::uint64_t begin = header.data_begin + tensor.offset;
        if (begin > bytes.size() || tensor.byte_size() > bytes.size() - begin)
            fail("a tensor outside the file");
        std::vector<float> values(static_cast<std::size_t>(tensor.numel()));
        engine::decode_values(tensor.type, bytes.subspan(begin, tensor.byte_size()), values);
    }
}
