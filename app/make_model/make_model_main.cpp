// lwb-make-model NAME OUT [--work DIR]: makes a model of this project from nothing: text from the corpus
// generator, a vocabulary from the text, weights from the trainer. The same program makes the same files on
// the same machine.
#include "builtin/corpus.h"
#include "engine/bpe_trainer.h"
#include "engine/export.h"
#include "engine/runtime.h"
#include "engine/train.h"
#include "recipes.h"

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace fs = std::filesystem;

namespace {

engine::RunControl control;

class Progress : public engine::RunObserver {
  public:
    void on_event(const engine::Event& event) override {
        if (const auto* started = std::get_if<engine::RunStarted>(&event)) {
            std::fprintf(stderr, "%lld parameters, %lld documents, %lld steps on %s\n",
                         static_cast<long long>(started->trainable_params),
                         static_cast<long long>(started->train_rows),
                         static_cast<long long>(started->total_steps), started->device.c_str());
        } else if (const auto* step = std::get_if<engine::StepMetrics>(&event)) {
            if (step->global_step % 20 != 0) return;
            std::fprintf(stderr, "step %lld  loss %.4f  %.0f tokens/s  %.0f s, %.0f s to go\n",
                         static_cast<long long>(step->global_step), step->loss_smooth,
                         step->tokens_per_second, step->elapsed_s, step->eta_s);
        } else if (const auto* eval = std::get_if<engine::EvalMetrics>(&event)) {
            std::fprintf(stderr, "step %lld  held-out loss %.4f, perplexity %.2f\n",
                         static_cast<long long>(eval->global_step), eval->loss, eval->perplexity);
        }
    }
};

void write_text(const fs::path& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary);
    file << text;
    if (!file.flush()) throw std::runtime_error("'" + path.string() + "' could not be written.");
}

// config.json and tokenizer files: what training from scratch starts with.
void prepare(const ModelRecipe& recipe, const fs::path& folder) {
    fs::create_directories(folder);
    write_text(folder / "config.json", recipe.config_json);
    std::ostringstream text;
    builtin::generate_corpus(recipe.stages.front().corpus_seed, recipe.tokenizer_bytes, text);
    engine::BpeTrainerOptions options;
    options.vocab_size = recipe.vocab_size;
    engine::write_tokenizer(engine::train_bpe(text.str(), options),
                            {"<|bos|>", "<|eos|>", "<|pad|>", true, 1024}, folder);
}

// Trains one stage in `work`, or goes on where it was stopped; one that is finished is only read. `from` is a
// model folder.
engine::RunResult run_stage(const Stage& stage, const fs::path& from, const fs::path& work, bool first) {
    const fs::path corpus = work / "corpus.jsonl";
    const bool resume = engine::has_saved_state(work / "run");
    if (!resume) {
        fs::create_directories(work);
        std::ofstream file(corpus, std::ios::binary);
        builtin::generate_corpus_jsonl(stage.corpus_seed, stage.corpus_bytes, file, stage.kind,
                                       stage.kind_percent);
        if (!file.flush()) throw std::runtime_error("'" + corpus.string() + "' could not be written.");
    }
    engine::ExperimentSpec spec = stage.spec;
    spec.name = stage.name;
    spec.from_scratch = first;
    spec.model = from.string();
    spec.data.train_path = corpus.string();
    Progress progress;
    std::fprintf(stderr, "%s\n", stage.name.c_str());
    return engine::train({spec, from, work / "run", resume}, progress, control).value();
}

int make(const std::string& name, const fs::path& out, const fs::path& work) {
    const ModelRecipe model = recipe(name);
    fs::path from = work / "start";
    if (!fs::exists(from / "config.json")) prepare(model, from);
    engine::RunResult trained;
    double seconds = 0;
    for (const Stage& stage : model.stages) {
        trained = run_stage(stage, from, work / stage.name, &stage == &model.stages.front());
        if (trained.stopped) {
            std::fprintf(stderr, "Stopped and saved; the same command goes on.\n");
            return 130;
        }
        seconds += trained.seconds;
        from = trained.last;
        std::printf("%s: %lld steps, training loss %.4f, held-out loss %.4f, %.0f s\n", stage.name.c_str(),
                    static_cast<long long>(trained.steps), trained.train_loss, trained.eval_loss,
                    trained.seconds);
    }
    const auto stored = model.store_bf16 ? engine::StoredDtype::bf16 : engine::StoredDtype::f32;
    engine::convert_model(from, stored, out).value();
    std::printf("%s: %.0f s\n", out.c_str(), seconds);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    engine::restart_with_sleeping_threads(argv);
    engine::initialize_runtime();
    if (argc != 3 && !(argc == 5 && std::string(argv[3]) == "--work")) {
        std::fprintf(stderr, "usage: lwb-make-model tiny|micro-llama|micro-gpt2 OUT [--work DIR]\n");
        return 2;
    }
    std::signal(SIGINT, [](int) { control.stop(); });
    std::signal(SIGTERM, [](int) { control.stop(); });
    try {
        const fs::path work = argc == 5 ? fs::path(argv[4]) : fs::path(std::string(argv[2]) + ".work");
        return make(argv[1], argv[2], work);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 3;
    }
}
