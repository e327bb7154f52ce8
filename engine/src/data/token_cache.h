// Encoded data sets kept on disk, so that the same file is tokenised once. An entry is a safetensors file
// named after its key; its metadata hold the key and a checksum of everything else. Safe for several
// processes at a time: entries appear whole or not at all.
#pragma once

#include "data/dataset.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace engine {

class TokenCache {
  public:
    explicit TokenCache(std::filesystem::path folder, std::uint64_t most_bytes = std::uint64_t{1} << 30);

    // Nothing when there is no such entry, or it is damaged or not one of ours. Counts as a use.
    std::optional<Dataset> find(const std::string& key) const;
    // Then deletes those entries whose last use is longest ago until all take at most most_bytes. A cache
    // only saves time: where it cannot be written, nothing is kept and nothing fails.
    void store(const std::string& key, const Dataset& dataset) const;

  private:
    std::filesystem::path file_of(const std::string& key) const;
    void trim() const;

    std::filesystem::path folder_;
    std::uint64_t most_bytes_;
};

// Loads data files for one model, through a cache.
class DatasetLoader {
  public:
    // The tokenizer is that of format.model. cache_dir: created when something is kept; empty: no cache.
    DatasetLoader(RowFormat format, std::int64_t seq_len, const std::filesystem::path& cache_dir);

    // As load_dataset. Kept under a hash of all that the result depends on: the bytes of the file, those of
    // the tokenizer's and the chat template's, template, length and version of the program. Only whole data
    // sets are kept, so what is wrong with a file is told anew each time.
    Dataset load(const std::filesystem::path& file, std::stop_token stop = {});

  private:
    std::string key_of(const std::string& file_hash, const std::filesystem::path& file) const;

    RowFormat format_;
    std::int64_t seq_len_;
    std::optional<TokenCache> cache_;
    std::optional<Tokenizer> tokenizer_;  // loaded when first needed
};

}  // namespace engine
