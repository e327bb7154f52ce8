#include <algorithm>
#include <chrono>

#include "architecture/classifier.h"
#include "chat/encode_chat.h"
#include "data/dataset.h"
#include "engine/compute.h"
#include "engine/runtime.h"
#include "engine/tokenizer.h"
#include "generate/decode_loop.h"
#include "lora/attach.h"
#include "lora/peft_folder.h"
#include "model/load.h"
#include "runtime/device.h"
#include "runtime/guard.h"

namespace engine {
namespace {

struct Prompt {
    std::vector<int32_t> ids;
    std::vector<int32_t> stop_ids;  // any of them ends the answer
};

GenerateOutput generate_one(const Decoder& decoder, const AdapterSet* adapters, const Tokenizer& tokenizer,
                            const Prompt& prompt, const GenerateRequest& request,
                            const std::function<void(const std::string&)>& on_text, std::stop_token stop) {
    const auto begin = std::chrono::steady_clock::now();
    StreamDecoder text(tokenizer);
    GenerateOutput output;
    const auto say = [&](const std::string& piece) {
        output.text += piece;
        if (!piece.empty() && on_text) on_text(piece);
    };
    DecodeOptions options;
    options.sampling = {request.temperature, request.top_k, request.top_p};
    options.seed = request.seed;
    options.max_new_tokens = request.max_new_tokens;
    if (request.stop_at_eos) options.stop_ids = prompt.stop_ids;
    output.ids = decode_loop(decoder, adapters, prompt.ids, options, [&](int32_t id) {
        say(text.push(id));
        return !stop.stop_requested();
    });
    say(text.flush());
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    output.tokens_per_second = seconds > 0 ? static_cast<double>(output.ids.size()) / seconds : 0;
    return output;
}

void check(const GenerateRequest& request) {
    if (request.max_new_tokens < 1) fail_input("The number of new tokens must be 1 or more.");
    if (request.temperature < 0) fail_input("The temperature must be 0 (greedy) or above.");
    if (request.top_p <= 0 || request.top_p > 1) fail_input("top_p must be above 0 and at most 1.");
    if (request.top_k < 0) fail_input("top_k must be 0 (off) or above.");
}

Prompt prompt_of(const GenerateRequest& request, const Tokenizer& tokenizer, const Architecture& architecture) {
    Prompt prompt{{}, tokenizer.stop_ids()};
    if (request.messages.empty()) {
        prompt.ids = encode_prompt(tokenizer, request.prompt);
    } else {
        const ChatTemplate chat = ChatTemplate::load(request.model, request.chat_template).value();
        ChatOptions options;
        options.add_generation_prompt = true;
        prompt.ids = encode_chat(tokenizer, chat.render(request.messages, options).value()).ids;
        prompt.stop_ids = turn_end_ids(tokenizer, chat);
    }
    const auto& ids = prompt.ids;
    if (ids.empty()) fail_input("The prompt is empty and this tokenizer starts a text with nothing; give some text.");
    const auto needed = static_cast<int64_t>(ids.size()) + request.max_new_tokens;
    if (needed > architecture.max_positions) {
        fail_input("The prompt has " + std::to_string(ids.size()) + " tokens; with " +
                   std::to_string(request.max_new_tokens) + " new ones it is beyond the model's " +
                   std::to_string(architecture.max_positions) + " positions. Shorten the prompt or ask for fewer tokens.");
    }
    for (const int32_t id : ids) {
        if (id >= architecture.vocab_size) {
            fail_input("The tokenizer gives token " + std::to_string(id) + ", but the model has only " +
                       std::to_string(architecture.vocab_size) + " embeddings; the tokenizer belongs to another model.");
        }
    }
    return prompt;
}

}  // namespace

Result<std::vector<GenerateOutput>> generate(const GenerateRequest& request,
                                             const std::function<void(std::size_t, const std::string&)>& on_text,
                                             std::stop_token stop) {
    return guard([&] {
        prepare_compute_thread();
        check(request);
        const c10::Device device = resolve_device(request.device);
        const Tokenizer tokenizer = Tokenizer::load(request.model).value();
        const Architecture architecture = read_architecture(request.model);
        require_text_model(architecture, "Generating");
        const Prompt prompt = prompt_of(request, tokenizer, architecture);
        const Decoder decoder = load_decoder(request.model, request.precision, device);
        std::vector<std::filesystem::path> adapters = request.adapters;
        if (adapters.empty()) adapters.emplace_back();
        std::vector<GenerateOutput> outputs;
        for (std::size_t i = 0; i < adapters.size() && !stop.stop_requested(); ++i) {
            std::optional<AdapterSet> adapter;
            if (!adapters[i].empty()) adapter = load_peft(adapters[i], decoder.architecture(), device);
            const Decoder adapted = adapter ? attached(decoder, *adapter) : decoder;
            if (adapter) fix_scales(*adapter, adapted);
            outputs.push_back(generate_one(adapted, adapter ? &*adapter : nullptr, tokenizer, prompt, request,
                                           [&](const std::string& piece) { if (on_text) on_text(i, piece); }, stop));
        }
        return outputs;
    });
}

}  // namespace engine
