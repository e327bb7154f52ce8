#include "train/trainer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/seeded.h"
#include "engine/chat.h"
#include "engine/runtime.h"
#include "io/abandoned.h"
#include "io/checkpoint.h"
#include "runtime/device.h"
#include "train/causal_loss.h"
#include "train/memory_floor.h"

namespace engine {
namespace {

constexpr double smoothing = 0.95;         // of the smoothed loss, per step
constexpr int64_t usual_evaluations = 10;  // a run, when no interval is given
const char* const state_file = "state.safetensors";

std::optional<LabelledData> load_labels(const TrainRequest& request) {
    const ExperimentSpec& spec = request.spec;
    if (spec.task == Task::causal_lm) return {};
    const Architecture architecture = read_architecture(request.model_dir);
    std::optional<Classifier> known;
    if (architecture.classifier && !architecture.classifier->may_be_absent) known = architecture.classifier;
    const auto tokenizer = Tokenizer::load(request.model_dir);
    return load_labelled({spec.data.train_path, spec.data.eval_path}, tokenizer.value(), spec.task, known, spec.data.seq_len);
}

}  // namespace

Trainer::Trainer(const TrainMember& member, SharedInputs& shared)
    : request_(member.request),
      spec_(request_.spec),
      observer_(member.observer),
      control_(member.control),
      spec_json_(to_json(spec_)),
      device_(resolve_device(spec_.device)),
      labelled_(load_labels(request_)),
      trainable_(request_, device_, labelled_ ? std::optional(labelled_->classifier) : std::nullopt, shared),
      optimizer_(trainable_.arena(), spec_.optimizer),
      session_start_(Clock::now()) {
    prepare_device(device_, spec_.precision);
    load_data(shared);
    const int64_t micro_per_epoch = sampler_->batches_per_epoch();
    const int64_t steps_per_epoch = (micro_per_epoch + spec_.grad_accum - 1) / spec_.grad_accum;
    total_steps_ = spec_.steps > 0 ? spec_.steps : spec_.epochs * steps_per_epoch;
    const int64_t usual = std::max<int64_t>(1, (total_steps_ + usual_evaluations - 1) / usual_evaluations);
    eval_interval_ = spec_.eval_interval > 0 ? spec_.eval_interval : usual;
    checkpoint_interval_ = spec_.checkpoint_interval > 0 ? spec_.checkpoint_interval : eval_interval_;
    state_.best_eval_loss = std::numeric_limits<double>::infinity();
    // What the process before was writing when it was killed; the run is this one's alone now.
    for (const char* part : {"", "last", "best"}) remove_abandoned_parts(request_.run_dir / part);
    if (request_.resume) resume();
}

void Trainer::load_data(SharedInputs& shared) {
    const DataConfig& config = spec_.data;
    const Architecture& architecture = trainable_.decoder().architecture();
    if (architecture.has_position_table() && config.seq_len > architecture.max_positions) {
        fail_input("The length " + std::to_string(config.seq_len) + " is above what the model has positions for (" +
                   std::to_string(architecture.max_positions) + "); choose a shorter length.");
    }
    const std::filesystem::path chat_template = chat_template_file();
    trainable_.keep_chat_template(chat_template);
    if (!labelled_) {
        data_ = shared.texts(request_, chat_template);
    } else if (config.eval_path.empty()) {
        data_ = std::make_shared<Split>(split_held_out(std::move(labelled_->train), config.held_out, spec_.seed));
    } else {
        data_ = std::make_shared<Split>(Split{std::move(labelled_->train), std::move(labelled_->eval)});
    }
    const auto largest = std::max(data_->train.largest_id, data_->held_out.largest_id);
    if (largest >= architecture.vocab_size) {
        fail_input("The tokenizer of '" + request_.model_dir.string() + "' gives token " + std::to_string(largest) +
                   ", but the model has only " + std::to_string(architecture.vocab_size) +
                   " embeddings; the tokenizer belongs to another model.");
    }
    trainable_.fit_memory(std::max(data_->train.longest_row, data_->held_out.longest_row));
    sampler_ = std::make_unique<BatchSampler>(data_->train, spec_.batch_size, derive_seed(spec_.seed, "shuffle"), true);
    gradient_ = std::make_unique<StepGradient>(spec_, trainable_, data_->train, *sampler_, observer_);
}

// The user's file; a resumed run goes on with the copy it saved, for the file may have changed or gone since.
std::filesystem::path Trainer::chat_template_file() const {
    if (request_.resume && !spec_.data.chat_template.empty()) {
        if (auto saved = carried_chat_template(request_.run_dir / "last"); !saved.empty()) return saved;
    }
    return spec_.data.chat_template;
}

void Trainer::resume() {
    at::NoGradGuard no_grad;
    state_ = load_run_state(request_.run_dir / state_file, spec_json_);
    if (state_.values.numel() != trainable_.arena().numel()) {
        fail_input("The saved state in '" + request_.run_dir.string() + "' has " +
                   std::to_string(state_.values.numel()) + " trainable values, this model and specification have " +
                   std::to_string(trainable_.arena().numel()) + "; start a new run.");
    }
    trainable_.arena().values().copy_(state_.values);
    optimizer_.restore(state_.first_moment, state_.second_moment, state_.global_step);
    session_base_seconds_ = state_.seconds;
    saved_step_ = first_step_ = state_.global_step;
}

double Trainer::elapsed() const {
    return session_base_seconds_ + std::chrono::duration<double>(Clock::now() - session_start_).count();
}

double Trainer::smoothed_loss() const {
    const auto steps = static_cast<double>(state_.global_step);
    return steps > 0 ? state_.loss_average / (1 - std::pow(smoothing, steps)) : 0;
}

double Trainer::tokens_per_batch() const {
    double tokens = 0;
    for (const Example& row : data_->train.examples) tokens += static_cast<double>(row.ids.size());
    return tokens / static_cast<double>(sampler_->batches_per_epoch());
}

void Trainer::begin() {
    RunStarted started;
    started.total_steps = total_steps_;
    started.first_step = state_.global_step;
    started.trainable_params = trainable_.arena().numel();
    started.total_params = trainable_.total_params();
    started.train_rows = static_cast<int64_t>(data_->train.examples.size());
    started.eval_rows = static_cast<int64_t>(data_->held_out.examples.size());
    started.tokens_per_step = static_cast<double>(spec_.grad_accum) * tokens_per_batch();
    started.device = describe_device(device_);
    started.dtype = name_of(spec_.precision);
    started.model_hash = spec_.from_scratch ? "" : fingerprint_of_model(request_.model_dir);
    started.data_hash = data_->train.content_hash;
    observer_.on_event(started);

    if (const int64_t again = trainable_.decoder().recompute_layers(); spec_.recompute_layers == recompute_as_needed && again > 0) {
        observer_.on_event(RunMessage{"To fit into the memory, " + std::to_string(again) + (again == 1 ? " layer is" : " layers are") +
                                          " computed again in the backward pass. The values stay the same; the steps take longer.",
                                      false});
    }

    if (state_.global_step == 0 && state_.last_eval_step < 0) evaluate();
    observer_.on_event(StateChanged{"training"});
}

Trainer::Next Trainer::next() {
    if (state_.global_step >= total_steps_ || control_.stop_requested()) return Next::end;
    if (control_.paused()) {
        if (!held_) {
            save(false);
            observer_.on_event(StateChanged{"paused"});
            held_ = true;
        }
        return Next::wait;
    }
    if (held_) observer_.on_event(StateChanged{"training"});
    held_ = false;
    return Next::step;
}

StepTurn Trainer::turn() {
    if (records_.empty()) records_from_ = Clock::now();
    return {gradient_.get(), state_.global_step, [this] { return control_.stop_requested(); }, {}, {}};
}

RunResult Trainer::end() {
    const bool stopped = control_.stop_requested() && state_.global_step < total_steps_;
    if (stopped || saved_step_ != state_.global_step) save(false);
    return result();
}

void Trainer::update(const StepGradient::Step& step) {
    at::Tensor& gradients = trainable_.arena().gradients();
    const at::Tensor norm = gradients.norm();
    // Where numbers are at hand, a bad one stops the update; a GPU's are looked at later, but before anything is kept.
    if (device_.is_cpu()) require_finite(step.loss.item<double>(), norm.item<double>(), state_.global_step + 1);
    const OptimizerConfig& config = spec_.optimizer;
    const double learning_rate = config.learning_rate *
                                 schedule_factor(config.schedule, config.warmup, state_.global_step, total_steps_);
    clip_gradient(gradients, norm, config.max_grad_norm);
    optimizer_.step(learning_rate);
    ++state_.global_step;
    records_.add({state_.global_step, 0, 0, learning_rate, step.tokens, step.round_tokens}, step.loss, norm);
    if (state_.global_step % spec_.log_interval == 0 || state_.global_step == total_steps_) {
        read_records();
        report_step(last_step_);
    }
}

void Trainer::read_records() {
    const std::vector<StepRecord> records = records_.read();
    if (records.empty()) return;
    double tokens = 0, round_tokens = 0;
    for (const StepRecord& record : records) {
        tokens += record.tokens;
        round_tokens += record.round_tokens;
    }
    // Its part of the time that passed, where other runs made their steps meanwhile.
    const double seconds = std::chrono::duration<double>(Clock::now() - records_from_).count() * tokens / round_tokens;
    session_tokens_ += tokens;
    session_seconds_ += seconds;
    const double fading = std::pow(0.9, static_cast<double>(records.size()));
    recent_seconds_ = fading * recent_seconds_ + seconds;
    recent_tokens_ = fading * recent_tokens_ + tokens;
    for (const StepRecord& record : records) {
        require_finite(record.loss, record.grad_norm, record.global_step);
        state_.loss_average = smoothing * state_.loss_average + (1 - smoothing) * record.loss;
    }
    last_step_ = records.back();
}

void Trainer::require_finite(double loss, double grad_norm, int64_t step) const {
    if (!std::isfinite(loss)) non_finite("The loss", step);
    if (std::isfinite(grad_norm)) return;
    const std::string where = trainable_.arena().first_non_finite_gradient();
    non_finite(where.empty() ? "The norm of the gradient" : "The gradient of " + where, step);
}

void Trainer::report_step(const StepRecord& step) {
    StepMetrics metrics;
    metrics.global_step = state_.global_step;
    metrics.epoch = static_cast<double>(state_.global_step * spec_.grad_accum) /
                    static_cast<double>(sampler_->batches_per_epoch());
    metrics.loss = step.loss;
    metrics.loss_smooth = smoothed_loss();
    metrics.learning_rate = step.learning_rate;
    metrics.grad_norm = step.grad_norm;
    metrics.tokens = step.tokens;
    metrics.tokens_per_second = recent_seconds_ > 0 ? recent_tokens_ / recent_seconds_ : 0;
    metrics.elapsed_s = elapsed();
    const double in_session = std::chrono::duration<double>(Clock::now() - session_start_).count();
    const auto done = static_cast<double>(std::max<int64_t>(1, state_.global_step - first_step_));
    metrics.eta_s = in_session / done * static_cast<double>(total_steps_ - state_.global_step);
    metrics.rss_bytes = resident_bytes();
    metrics.device_bytes = device_allocated_bytes(device_);
    observer_.on_event(metrics);
}

void Trainer::after_step() {
    const bool asked = control_.take_evaluate();
    bool best = false;
    if (asked || state_.global_step % eval_interval_ == 0 || state_.global_step == total_steps_) {
        const int64_t before = state_.best_step;
        evaluate();
        best = state_.best_step != before;
        const auto norms = trainable_.delta_norms();
        if (!norms.empty()) observer_.on_event(DeltaNorms{state_.global_step, norms});
    }
    if (best) save(true);
    if (control_.take_save() || best || state_.global_step % checkpoint_interval_ == 0) save(false);
}

void Trainer::evaluate() {
    if (data_->held_out.examples.empty()) return;
    read_records();
    observer_.on_event(StateChanged{"evaluating"});
    trainable_.clear_dropout();
    const DatasetLoss measured = dataset_loss(trainable_.decoder(), trainable_.adapters(), data_->held_out,
                                              spec_.batch_size, [&] { return !control_.stop_requested(); },
                                              [&](const std::string& text) { observer_.on_event(RunMessage{text, true}); });
    if (control_.stop_requested()) return;  // incomplete: the resumed run evaluates again
    if (!std::isfinite(measured.loss)) non_finite("The evaluation loss", state_.global_step + 1);
    state_.last_eval_loss = measured.loss;
    state_.last_eval_step = state_.global_step;
    if (state_.global_step == 0) state_.base_eval_loss = measured.loss;
    const bool best = state_.global_step > 0 && is_better(measured.loss, measured.metrics, state_);
    if (best) {
        state_.best_eval_loss = measured.loss;
        state_.best_step = state_.global_step;
    }
    state_.last_metrics = measured.metrics;
    if (best) state_.best_metrics = measured.metrics;
    const double perplexity =
        spec_.task == Task::causal_lm ? std::exp(measured.loss) : std::numeric_limits<double>::quiet_NaN();
    observer_.on_event(EvalMetrics{state_.global_step, measured.loss, perplexity, measured.tokens, best, measured.metrics});
    observer_.on_event(StateChanged{"training"});
}

void Trainer::save(bool best) {
    read_records();
    observer_.on_event(StateChanged{"saving"});
    const auto folder = request_.run_dir / (best ? "best" : "last");
    trainable_.save(folder);
    if (!best) {
        state_.values = trainable_.arena().values();
        state_.first_moment = optimizer_.first_moment();
        state_.second_moment = optimizer_.second_moment();
        state_.seconds = elapsed();
        save_run_state(request_.run_dir / state_file, state_, spec_json_);
        saved_step_ = state_.global_step;
    }
    observer_.on_event(CheckpointSaved{state_.global_step, folder.string(), best});
    observer_.on_event(StateChanged{"training"});
}

RunResult Trainer::result() const {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    RunResult result;
    result.stopped = state_.global_step < total_steps_;
    result.steps = state_.global_step;
    result.total_steps = total_steps_;
    result.train_loss = smoothed_loss();
    const bool evaluated = state_.last_eval_step >= 0;
    result.eval_loss = evaluated ? state_.last_eval_loss : nan;
    result.eval_metrics = state_.last_metrics;
    result.best_eval_metrics = state_.best_metrics;
    result.best_eval_loss = state_.best_step >= 0 ? state_.best_eval_loss : nan;
    result.best_step = std::max<int64_t>(0, state_.best_step);
    result.base_eval_loss = evaluated ? state_.base_eval_loss : nan;
    result.tokens_per_second = session_seconds_ > 0 ? session_tokens_ / session_seconds_ : 0;
    result.seconds = elapsed();
    result.peak_memory_bytes =
        device_.is_cpu() ? peak_resident_bytes() : device_peak_allocated_bytes(device_);
    const auto& classifier = trainable_.decoder().architecture().classifier;
    result.memory_floor_bytes = memory_floor_of(request_, device_, classifier ? classifier->labels : 0, tokens_per_batch());
    result.trainable_params = trainable_.arena().numel();
    result.total_params = trainable_.total_params();
    result.last = request_.run_dir / "last";
    const auto best = request_.run_dir / "best";
    if (std::filesystem::exists(best)) result.best = best;
    return result;
}

void Trainer::non_finite(const std::string& what, int64_t step) const {
    throw Failure(ErrorCode::failed,
                  what + " became NaN or infinite at step " + std::to_string(step) +
                      "; nothing from this step on is kept. Lower the learning rate, or resume from the last "
                      "checkpoint with other data.");
}

bool has_saved_state(const std::filesystem::path& run_dir) {
    std::error_code error;
    return std::filesystem::is_regular_file(run_dir / state_file, error);
}

}  // namespace engine
