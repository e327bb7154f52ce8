// What a run trains: adapters on a frozen decoder, or all weights of it. One interface for the trainer.
#pragma once

#include <memory>
#include <optional>

#include "engine/events.h"
#include "engine/train.h"
#include "lora/adapter_set.h"
#include "model/decoder.h"
#include "train/parameter_arena.h"
#include "train/shared_inputs.h"

namespace engine {

class Trainable {
  public:
    // Takes the decoder from what runs share and attaches what the specification asks for.
    // classifier: the head of a classifier that is to be trained, else empty.
    Trainable(const TrainRequest& request, const c10::Device& device, const std::optional<Classifier>& classifier,
              SharedInputs& shared);

    const Decoder& decoder() const { return decoder_; }
    const AdapterSet* adapters() const { return adapters_ ? &*adapters_ : nullptr; }
    ParameterArena& arena() { return *arena_; }
    const ParameterArena& arena() const { return *arena_; }
    int64_t total_params() const { return total_params_; }
    // Whether batches of both may go through the base in one pass: it is the same, and only what AdapterSet::stacked joins
    // is different.
    bool stacks_with(const Trainable& other) const;

    void set_dropout(uint64_t seed);  // for the next forward pass; evaluation calls clear_dropout first
    void clear_dropout();

    // One value per adapted matrix; empty for full training.
    std::vector<DeltaNorm> delta_norms() const;
    // Which layers are computed again rather than kept, where the specification leaves that to the memory there was before
    // anything was loaded. longest_row: tokens, of the data.
    void fit_memory(int64_t longest_row);
    // Reads the template now, so that every save writes what was trained with, whatever becomes of the file.
    // file: the user's; empty: the model's own.
    void keep_chat_template(const std::filesystem::path& file);
    // A PEFT folder, or a Hugging Face model folder for full training.
    void save(const std::filesystem::path& folder) const;

  private:
    bool stackable() const;
    std::vector<ParameterArena::Entry> adapter_entries();
    std::vector<ParameterArena::Entry> weight_entries();

    ExperimentSpec spec_;
    std::filesystem::path model_dir_;
    std::string chat_template_;  // empty: none to write
    int64_t free_bytes_before_;  // on the device; 0: not known
    c10::Device device_;
    int64_t labels_;  // of a classifier, else 0
    Decoder decoder_;
    std::optional<AdapterSet> adapters_;
    std::unique_ptr<ParameterArena> arena_;
    int64_t total_params_ = 0;
};

}  // namespace engine
