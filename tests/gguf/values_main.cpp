// lwb-gguf-values MERGED FILE.gguf FOLDER OUT.gguf [LIBGGML-BASE]
// The values that FILE.gguf holds, rounded as they are, once as a Hugging Face folder and once as a GGUF file in F32
// (support/gguf_values.h). MERGED is the folder of the same export in F32. With ggml's library (libggml-base.so) every Q8_0
// block is read by ggml's own function as well, and must come out the same to the last bit.
#include "engine/error.h"
#include "gguf/gguf_reader.h"
#include "support/gguf_values.h"

#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <exception>
#include <vector>

namespace {

using Dequantise = void (*)(const void* blocks, float* values, std::int64_t count);

void compare_with_ggml(const char* library, const char* path) {
    void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    const auto theirs = handle ? reinterpret_cast<Dequantise>(dlsym(handle, "dequantize_row_q8_0")) : nullptr;
    if (!theirs) engine::fail_input(std::string("'") + library + "' is not ggml's library: " + dlerror());
    const engine::GgufFile file = engine::GgufFile::open(path);
    std::size_t tensors = 0, values = 0;
    for (const engine::GgufTensor& tensor : file.header().tensors) {
        if (tensor.type != engine::GgufType::q8_0) continue;
        std::vector<float> ours(static_cast<std::size_t>(tensor.numel())), other(ours.size());
        file.read(tensor, 0, ours);
        theirs(file.bytes(tensor).data(), other.data(), tensor.numel());
        if (std::memcmp(ours.data(), other.data(), ours.size() * sizeof(float)) != 0)
            engine::fail_input("ggml reads other values from the tensor '" + tensor.name + "' of '" + path + "'.");
        ++tensors;
        values += ours.size();
    }
    std::printf("%zu values in %zu tensors of Q8_0 are read by ggml's own function as by ours\n", values, tensors);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5 && argc != 6) {
        std::fputs("usage: lwb-gguf-values MERGED FILE.gguf FOLDER OUT.gguf [LIBGGML-BASE]\n", stderr);
        return 2;
    }
    try {
        support::write_values_folder(argv[1], argv[2], argv[3]);
        support::write_values_file(argv[2], argv[4]);
        if (argc == 6) compare_with_ggml(argv[5], argv[2]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "lwb-gguf-values: %s\n", error.what());
        return 2;
    }
}
