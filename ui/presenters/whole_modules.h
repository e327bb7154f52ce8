// Modules that can be trained and stored whole beside the adapter (PEFT's modules_to_save). Pure functions.
#pragma once

#include <engine/lora_config.h>
#include <engine/model_info.h>

#include <QString>

#include <vector>

namespace ui {

struct WholeModule {
    std::string entry;  // what to write into modules_to_save to mean this module alone
    qint64 values = 0;
};

// Those outside the layers, in the order of the file: embeddings, last norm, head. Empty while tensors are
// not known.
std::vector<WholeModule> wholeModules(const engine::ModelInfo& model);

// "lm_head, embed_tokens" both ways; blanks separate as well.
std::vector<std::string> parseModules(const QString& text);
QString joinModules(const std::vector<std::string>& modules);

}  // namespace ui
