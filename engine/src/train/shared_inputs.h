// What several runs read and none of them changes: base models and data, each loaded when the first of them asks. Kept as long
// as this lives; the runs hold on to what they were given. Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "data/dataset.h"
#include "engine/train.h"
#include "model/decoder.h"

namespace engine {

class SharedInputs {
  public:
    // The decoder that a run starts from, its matrices in 8 or 4 bits where that was asked for and no whole one is needed any
    // more. Runs with adapters on the same base share its tensors. classifier: the head to train, else empty.
    Decoder base(const TrainRequest& request, const c10::Device& device, const std::optional<Classifier>& classifier);

    // Rows of texts to train and to evaluate. chat_template: the file to use, or empty.
    std::shared_ptr<const Split> texts(const TrainRequest& request, const std::filesystem::path& chat_template);

  private:
    struct Base {
        std::filesystem::path model;
        Precision precision;
        BaseType type;
        c10::Device device;
        std::optional<Classifier> classifier;
        uint64_t seed;  // of what a classifier starts with
        Decoder decoder;
    };
    struct Texts {
        std::filesystem::path model;
        DataConfig data;  // chat_template: the file used
        uint64_t seed;    // of the choice of rows to evaluate on
        std::shared_ptr<const Split> split;
    };
    std::vector<Base> bases_;
    std::vector<Texts> texts_;
};

}  // namespace engine
