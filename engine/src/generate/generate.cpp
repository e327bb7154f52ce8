#include "engine/generator.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <list>
#include <optional>

#include "architecture/classifier.h"
#include "chat/encode_chat.h"
#include "data/dataset.h"
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
    if (!(request.temperature >= 0 && std::isfinite(request.temperature)))
        fail_input("The temperature must be 0 (greedy) or a number above.");
    if (!(request.top_p > 0 && request.top_p <= 1)) fail_input("top_p must be above 0 and at most 1.");
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

// When the newest file of a folder was written; a folder that cannot be read says so when it is loaded.
std::filesystem::file_time_type newest_file(const std::filesystem::path& folder) {
    auto newest = std::filesystem::file_time_type::min();
    std::error_code error;
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        std::error_code unknown;
        const auto written = entry->last_write_time(unknown);
        if (!unknown) newest = std::max(newest, written);
    }
    return newest;
}

// Which files something was read from, and as they were then.
struct Origin {
    explicit Origin(const std::filesystem::path& read_folder) : folder(read_folder), written(newest_file(read_folder)) {}
    bool operator==(const Origin&) const = default;

    std::filesystem::path folder;
    std::filesystem::file_time_type written;
};

struct Base {
    Origin origin;
    Precision precision;
    c10::Device device;
    Tokenizer tokenizer;
    Architecture architecture;
    std::optional<Decoder> decoder;  // the weights come when a prompt has been found in order
};

struct Adapted {
    Origin origin;
    AdapterSet adapters;
    Decoder decoder;  // shares the base's tensors but for those the adapter replaces
};

}  // namespace

struct Generator::State {
    std::optional<Base> base;
    std::list<Adapted> adapted;  // of this base, most recently used first
    int64_t bases_read = 0, adapters_read = 0;

    Base& base_for(const GenerateRequest& request) {
        const c10::Device device = resolve_device(request.device);
        const Origin origin(request.model);
        if (base && base->origin == origin && base->precision == request.precision && base->device == device) return *base;
        forget();
        Tokenizer tokenizer = Tokenizer::load(request.model).value();
        Architecture architecture = read_architecture(request.model);
        require_text_model(architecture, "Generating");
        return base.emplace(Base{origin, request.precision, device, std::move(tokenizer), std::move(architecture), {}});
    }

    const Decoder& decoder_of(Base& of) {
        if (!of.decoder) {
            of.decoder = load_decoder(of.origin.folder, of.precision, of.device);
            ++bases_read;
        }
        return *of.decoder;
    }

    const Adapted& adapted_for(const std::filesystem::path& folder) {
        constexpr std::size_t most_kept = 4;
        const Origin origin(folder);
        const auto found = std::find_if(adapted.begin(), adapted.end(), [&](const Adapted& each) { return each.origin == origin; });
        if (found != adapted.end()) {
            adapted.splice(adapted.begin(), adapted, found);
            return adapted.front();
        }
        AdapterSet adapters = load_peft(folder, base->architecture, base->device);
        Decoder decoder = attached(decoder_of(*base), adapters);
        fix_scales(adapters, decoder);
        adapted.push_front({origin, std::move(adapters), std::move(decoder)});
        if (adapted.size() > most_kept) adapted.pop_back();
        ++adapters_read;
        return adapted.front();
    }

    void forget() {
        adapted.clear();
        base.reset();
    }
};

Generator::Generator() : state_(std::make_unique<State>()) {}
Generator::~Generator() = default;
Generator::Generator(Generator&&) noexcept = default;
Generator& Generator::operator=(Generator&&) noexcept = default;

int64_t Generator::bases_read() const { return state_->bases_read; }
int64_t Generator::adapters_read() const { return state_->adapters_read; }
void Generator::forget() { state_->forget(); }

Result<std::vector<GenerateOutput>> Generator::generate(const GenerateRequest& request,
                                                        const std::function<void(std::size_t, const std::string&)>& on_text,
                                                        std::stop_token stop) {
    return guard([&] {
        prepare_compute_thread();
        check(request);
        const at::NoGradGuard no_grad;
        Base& base = state_->base_for(request);
        const Prompt prompt = prompt_of(request, base.tokenizer, base.architecture);
        const Decoder& decoder = state_->decoder_of(base);
        std::vector<std::filesystem::path> adapters = request.adapters;
        if (adapters.empty()) adapters.emplace_back();
        std::vector<GenerateOutput> outputs;
        for (std::size_t i = 0; i < adapters.size() && !stop.stop_requested(); ++i) {
            const Adapted* const adapted = adapters[i].empty() ? nullptr : &state_->adapted_for(adapters[i]);
            outputs.push_back(generate_one(adapted ? adapted->decoder : decoder, adapted ? &adapted->adapters : nullptr,
                                           base.tokenizer, prompt, request,
                                           [&](const std::string& piece) { if (on_text) on_text(i, piece); }, stop));
        }
        return outputs;
    });
}

Result<std::vector<GenerateOutput>> generate(const GenerateRequest& request,
                                             const std::function<void(std::size_t, const std::string&)>& on_text,
                                             std::stop_token stop) {
    return Generator().generate(request, on_text, stop);
}

}  // namespace engine
