// A LoRA adapter as a GGUF file that llama.cpp puts on top of the base model's GGUF.
#pragma once

#include <filesystem>
#include <string>

#include "architecture/architecture.h"
#include "exporting/self_test.h"
#include "lora/adapter_set.h"

namespace engine {

// llama.cpp scales each pair by adapter.lora.alpha / rows of A; whatever scaling the adapter has beyond that is put into
// B. F32. Failure (bad_input): a base that llama.cpp does not know.
void write_gguf_adapter(const Architecture& architecture, const AdapterSet& adapters, const std::string& name,
                        const std::filesystem::path& file);

// Reads the file back and compares what each pair adds to its weight with the adapter's own change.
void test_gguf_adapter(const Architecture& architecture, const AdapterSet& adapters, const std::filesystem::path& file,
                       SelfTest& test);

}  // namespace engine
