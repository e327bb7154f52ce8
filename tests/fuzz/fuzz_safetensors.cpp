// The header of a safetensors file and the reader of a whole file.
#include "engine/error.h"
#include "fuzz/driver.h"
#include "fuzz/temporary_folder.h"
#include "io/safetensors.h"

#include <cstring>

const fuzz::Target fuzz::target{"safetensors",
                                {"\"dtype\"", "\"shape\"", "\"data_offsets\"", "\"__metadata__\"", "\"F32\"",
                                 "\"BF16\"", "\"I64\"", "[0,0]", "[]", "{}", "\\u0000", "\xEF\xBB\xBF"}};

void fuzz::read_input(std::string_view input) {
    // Most inputs would fail at the length in front; this reads the rest as a header whatever that says.
    if (input.size() > 8) {
        std::uint64_t length = 0;
        std::memcpy(&length, input.data(), sizeof length);
        const std::string_view rest = input.substr(8);
        const std::size_t end = std::min<std::uint64_t>(length, rest.size());
        try {
            const auto header =
                engine::SafetensorsHeader::parse(rest.substr(0, end), rest.size() - end, "the header");
            std::uint64_t at = 0;
            for (const engine::TensorEntry& entry : header.entries()) {
                if (entry.begin != at || entry.end < entry.begin) fail("entries that do not tile the data");
                if (static_cast<std::uint64_t>(entry.numel()) * size_of(entry.dtype) != entry.byte_size())
                    fail("an entry whose size is not that of its shape");
                at = entry.end;
            }
            if (at != rest.size() - end) fail("data that belong to no entry");
        } catch (const engine::Failure&) {
        }
    }
    static const TemporaryFolder folder;
    folder.write("model.safetensors", input);
    const auto file = engine::SafetensorsFile::open(folder.path() / "model.safetensors");
    unsigned sum = 0;
    for (const engine::TensorEntry& entry : file.entries())
        for (const std::byte byte : file.bytes(entry)) sum += std::to_integer<unsigned>(byte);
    [[maybe_unused]] static volatile unsigned keep = 0;  // so that the bytes are read
    keep = sum;
}
