// model.safetensors.index.json beside two good shards.
#include "fuzz/driver.h"
#include "fuzz/temporary_folder.h"
#include "io/checkpoint.h"

#include <string>

const fuzz::Target fuzz::target{
    "index",
    {"\"metadata\"", "\"total_size\"", "\"weight_map\"", "\"a\"", "\"b\"",
     "\"model-00001-of-00002.safetensors\"", "\"model-00002-of-00002.safetensors\"",
     "\"../model-00001-of-00002.safetensors\"", "\"/dev/zero\"", "\"\"", "{}", "null", "\\u0000"}};

namespace {

// One F32 tensor with one element.
std::string shard(const char* tensor) {
    std::string header =
        std::string("{\"") + tensor + "\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
    header.resize((header.size() + 7) / 8 * 8, ' ');
    return std::string(1, static_cast<char>(header.size())) + std::string(7, '\0') + header + "\0\0\x80\x3F";
}

}  // namespace

void fuzz::read_input(std::string_view input) {
    static const TemporaryFolder folder = [] {
        TemporaryFolder made;
        made.write("model-00001-of-00002.safetensors", shard("a"));
        made.write("model-00002-of-00002.safetensors", shard("b"));
        return made;
    }();
    folder.write("model.safetensors.index.json", input);
    const auto checkpoint = engine::Checkpoint::open(folder.path());
    for (const std::string& name : checkpoint.names())
        if (checkpoint.require(name).bytes().size() != 4) fail("a tensor that is in no shard");
}
