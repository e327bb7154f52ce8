#include "run_recorder.h"

#include "metrics.h"

#include <algorithm>

namespace workbench {

namespace {

// The fields an event may set, the newer value winning.
void overlay(catalog::RunUpdate& base, const catalog::RunUpdate& newer) {
    const auto take = [](auto& old_value, const auto& new_value) {
        if (new_value) old_value = new_value;
    };
    take(base.state, newer.state);
    take(base.global_step, newer.global_step);
    take(base.train_loss, newer.train_loss);
    take(base.eval_loss, newer.eval_loss);
    take(base.best_eval_loss, newer.best_eval_loss);
    take(base.best_step, newer.best_step);
    take(base.eval_metrics, newer.eval_metrics);
    take(base.best_eval_metrics, newer.best_eval_metrics);
    take(base.tokens_per_second, newer.tokens_per_second);
    take(base.peak_memory_bytes, newer.peak_memory_bytes);
}

}  // namespace

RunRecorder::RunRecorder(std::filesystem::path catalog_file, std::string run_id, engine::RunObserver& next,
                         engine::RunControl& control, Pace pace)
    : catalog_file_(std::move(catalog_file)),
      run_id_(std::move(run_id)),
      next_(next),
      control_(control),
      pace_(pace),
      writer_([this] { work(); }) {}

RunRecorder::~RunRecorder() {
    {
        std::lock_guard lock(mutex_);
        closing_ = true;
    }
    wake_.notify_all();
}

void RunRecorder::on_event(const engine::Event& event) {
    {
        std::lock_guard lock(mutex_);
        std::visit([this](const auto& value) { take(value); }, event);
    }
    next_.on_event(event);
}

void RunRecorder::finish() {
    {
        std::lock_guard lock(mutex_);
        closing_ = true;
    }
    wake_.notify_all();
    if (writer_.joinable()) writer_.join();
    if (failure_) throw *failure_;
}

bool RunRecorder::lost() const {
    std::lock_guard lock(mutex_);
    return lost_;
}

void RunRecorder::take(const engine::RunStarted& event) {
    // A resumed run repeats the steps after its checkpoint; a fresh start drops the curve of an earlier try.
    pending_.discard_after = event.first_step > 0 ? event.first_step : -1;
    pending_.samples.clear();
    auto& update = pending_.update;
    update.global_step = event.first_step;
    update.total_steps = event.total_steps;
    update.trainable_params = event.trainable_params;
    update.total_params = event.total_params;
    update.device = event.device;
    update.dtype = event.dtype;
    update.model_hash = event.model_hash;
    update.data_hash = event.data_hash;
    pending_.dirty = true;
}

void RunRecorder::take(const engine::StepMetrics& event) {
    elapsed_s_ = event.elapsed_s;
    add("loss", event.global_step, event.loss);
    add("loss_smooth", event.global_step, event.loss_smooth);
    add("learning_rate", event.global_step, event.learning_rate);
    add("grad_norm", event.global_step, event.grad_norm);
    add("tokens_per_second", event.global_step, event.tokens_per_second);
    add("rss_bytes", event.global_step, static_cast<double>(event.rss_bytes));
    if (event.device_bytes > 0)
        add("device_bytes", event.global_step, static_cast<double>(event.device_bytes));
    auto& update = pending_.update;
    update.global_step = event.global_step;
    update.train_loss = event.loss_smooth;
    update.tokens_per_second = event.tokens_per_second;
    update.peak_memory_bytes =
        std::max(update.peak_memory_bytes.value_or(0), std::max(event.rss_bytes, event.device_bytes));
}

void RunRecorder::take(const engine::EvalMetrics& event) {
    add("eval_loss", event.global_step, event.loss);
    for (const auto& metric : event.metrics) add("eval_" + metric.name, event.global_step, metric.value);
    pending_.update.eval_loss = event.loss;
    if (!event.metrics.empty()) pending_.update.eval_metrics = catalog_metrics(event.metrics);
    if (event.best) {
        if (!event.metrics.empty()) pending_.update.best_eval_metrics = catalog_metrics(event.metrics);
        pending_.update.best_eval_loss = event.loss;
        pending_.update.best_step = event.global_step;
    }
}

void RunRecorder::take(const engine::DeltaNorms& event) {
    for (const auto& norm : event.norms)
        add("delta_norm/" + std::to_string(norm.layer) + "/" + norm.kind, event.global_step, norm.norm);
}

void RunRecorder::take(const engine::StateChanged& event) {
    pending_.update.state = event.state == "paused" ? catalog::RunState::paused : catalog::RunState::running;
    pending_.dirty = true;
}

void RunRecorder::add(std::string key, std::int64_t step, double value) {
    pending_.samples.push_back({std::move(key), {step, elapsed_s_, value}});
    pending_.dirty = true;
}

void RunRecorder::work() {
    using Clock = std::chrono::steady_clock;
    std::optional<catalog::Catalog> catalog;
    auto next_beat = Clock::now() + pace_.heartbeat;
    for (bool last = false; !last;) {
        {
            std::unique_lock lock(mutex_);
            wake_.wait_for(lock, pace_.write, [this] { return closing_; });
            last = closing_;
        }
        try {
            if (!catalog) catalog = catalog::Catalog::open(catalog_file_);
            write(*catalog);
            if (!last && Clock::now() >= next_beat) {
                next_beat = Clock::now() + pace_.heartbeat;
                if (!catalog->heartbeat(run_id_)) {
                    std::lock_guard lock(mutex_);
                    lost_ = true;
                    control_.stop();
                }
            }
            std::lock_guard lock(mutex_);
            failure_.reset();
        } catch (const catalog::Error& error) {
            std::lock_guard lock(mutex_);
            failure_ = error;
        }
    }
}

void RunRecorder::write(catalog::Catalog& catalog) {
    Batch batch;
    {
        std::lock_guard lock(mutex_);
        if (lost_) return;  // the record is another process's now
        std::swap(batch, pending_);
        // The peak must outlive the batch it was seen in.
        pending_.update.peak_memory_bytes = batch.update.peak_memory_bytes;
    }
    if (!batch.dirty) return;
    try {
        catalog.in_transaction([&] {
            if (batch.discard_after) catalog.discard_metrics_after(run_id_, *batch.discard_after);
            catalog.append_metrics(run_id_, batch.samples);
            catalog.update_run(run_id_, batch.update);
        });
    } catch (const catalog::Error&) {
        restore(std::move(batch));
        throw;
    }
}

void RunRecorder::restore(Batch unwritten) {
    std::lock_guard lock(mutex_);
    if (pending_.discard_after) return;  // the run began anew meanwhile: what was not written is void
    auto newer = std::move(pending_);
    pending_ = std::move(unwritten);
    pending_.samples.insert(pending_.samples.end(), newer.samples.begin(), newer.samples.end());
    overlay(pending_.update, newer.update);
}

}  // namespace workbench
