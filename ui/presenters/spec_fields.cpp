#include "ui/presenters/spec_fields.h"

#include "ui/format/metrics.h"
#include "ui/format/units.h"

namespace ui {
namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(ui::SpecFields)
};

QString text(const std::string& s) {
    return s.empty() ? QStringLiteral("–") : QString::fromStdString(s);
}

QString orDash(const std::optional<double>& loss) {
    return loss ? units::loss(*loss) : QStringLiteral("–");
}

}  // namespace

std::vector<SpecField> specFields(const engine::ExperimentSpec& spec) {
    std::vector<SpecField> fields;
    const auto add = [&](const char* key, const QString& label, const QString& value) {
        fields.push_back({QString::fromLatin1(key), label, value});
    };
    const bool lora = spec.method == engine::Method::lora;
    add("model", Words::tr("Base model"), text(spec.model));
    const bool writes = spec.task == engine::Task::causal_lm;
    if (!writes) add("task", Words::tr("Task"), QString::fromLatin1(engine::name_of(spec.task)));
    add("method", Words::tr("Method"), QString::fromLatin1(engine::name_of(spec.method)));
    if (lora) {
        add("lora.targets", Words::tr("Matrices"), text(engine::describe_targets(spec.lora.targets)));
        add("lora.rank", Words::tr("Rank r"), units::count(spec.lora.rank));
        add("lora.alpha", Words::tr("Alpha α"), units::number(spec.lora.alpha, 6));
        add("lora.scaling", spec.lora.use_rslora ? Words::tr("Scaling α/√r") : Words::tr("Scaling α/r"),
            units::number(spec.lora.scaling(), 5));
        add("lora.dropout", Words::tr("Dropout"), units::number(spec.lora.dropout));
        if (spec.lora.use_dora) add("lora.use_dora", Words::tr("DoRA"), Words::tr("norms of the rows trained"));
        if (spec.lora.bias != engine::TrainBias::none)
            add("lora.bias", Words::tr("Trained biases"), QString::fromLatin1(engine::name_of(spec.lora.bias)));
        if (!spec.lora.modules_to_save.empty()) {
            QStringList modules;
            for (const std::string& module : spec.lora.modules_to_save) modules << QString::fromStdString(module);
            add("lora.modules_to_save", Words::tr("Saved modules"), modules.join(QStringLiteral(", ")));
        }
    } else {
        add("from_scratch", Words::tr("Start"),
            spec.from_scratch ? Words::tr("random weights") : Words::tr("weights of the base model"));
    }
    add("data.train_path", Words::tr("Training data"), text(spec.data.train_path));
    if (spec.data.eval_path.empty())
        add("data.held_out", Words::tr("Evaluation data"),
            Words::tr("%1 of the training rows, kept back").arg(units::percent(spec.data.held_out * 100)));
    else
        add("data.eval_path", Words::tr("Evaluation data"), text(spec.data.eval_path));
    QString promptTemplate = QString::fromStdString(spec.data.prompt_template);
    if (writes)
        add("data.prompt_template", Words::tr("Prompt template"),
            promptTemplate.replace(QLatin1Char('\n'), QStringLiteral("↵")));
    if (!spec.data.chat_template.empty())
        add("data.chat_template", Words::tr("Chat template"), text(spec.data.chat_template));
    add("data.seq_len", Words::tr("Length in tokens"), units::count(spec.data.seq_len));
    add("optimizer.learning_rate", Words::tr("Learning rate"), units::number(spec.optimizer.learning_rate));
    add("optimizer.schedule", Words::tr("Schedule"),
        QString::fromLatin1(engine::name_of(spec.optimizer.schedule)));
    add("optimizer.warmup", Words::tr("Warm-up"), units::percent(spec.optimizer.warmup * 100));
    add("optimizer.weight_decay", Words::tr("Weight decay"), units::number(spec.optimizer.weight_decay));
    add("optimizer.betas", Words::tr("AdamW β₁, β₂"),
        units::number(spec.optimizer.beta1, 6) + QStringLiteral(", ") +
            units::number(spec.optimizer.beta2, 6));
    add("optimizer.epsilon", Words::tr("AdamW ε"), units::number(spec.optimizer.epsilon));
    add("optimizer.max_grad_norm", Words::tr("Gradient clipping"),
        spec.optimizer.max_grad_norm > 0 ? units::number(spec.optimizer.max_grad_norm) : Words::tr("off"));
    add("batch_size", Words::tr("Batch"), units::count(spec.batch_size));
    add("grad_accum", Words::tr("Accumulation"), units::count(spec.grad_accum));
    if (spec.steps > 0)
        add("steps", Words::tr("Steps"), units::count(spec.steps));
    else
        add("epochs", Words::tr("Epochs"), units::count(spec.epochs));
    add("eval_interval", Words::tr("Steps between evaluations"),
        spec.eval_interval > 0 ? units::count(spec.eval_interval) : Words::tr("automatic"));
    add("seed", Words::tr("Seed"), QString::number(spec.seed));
    add("precision", Words::tr("Weights"), QString::fromLatin1(engine::name_of(spec.precision)));
    add("device", Words::tr("Device"), text(spec.device));
    return fields;
}

std::vector<SpecField> resultFields(const catalog::AdapterRecord& a) {
    std::vector<SpecField> fields = {
        {QStringLiteral("result.eval_loss"), Words::tr("Evaluation loss"), orDash(a.eval_loss)}};
    for (const catalog::Metric& metric : a.metrics) {
        const QString name = metricName(metric.name);
        fields.push_back({QStringLiteral("result.") + QString::fromStdString(metric.name),
                          Words::tr("Evaluation: %1").arg(name), units::loss(metric.value)});
    }
    fields.push_back({QStringLiteral("result.train_loss"), Words::tr("Training loss"), orDash(a.train_loss)});
    fields.push_back({QStringLiteral("result.trainable_params"), Words::tr("Trainable parameters"),
                      units::count(a.trainable_params)});
    if (a.whole_params > 0)
        fields.push_back({QStringLiteral("result.whole_params"), Words::tr("Of these in whole modules"), units::count(a.whole_params)});
    fields.push_back({QStringLiteral("result.step"), Words::tr("Steps done"), units::count(a.step)});
    fields.push_back({QStringLiteral("result.size"), Words::tr("Size on disk"), units::bytes(a.size_bytes)});
    return fields;
}

std::vector<SpecField> provenanceFields(const catalog::RunRecord& run) {
    const auto time = [](double seconds) {
        return seconds > 0 ? units::dateTime(seconds) : QStringLiteral("–");
    };
    return {
        {QStringLiteral("run.id"), Words::tr("Run"), text(run.id)},
        {QStringLiteral("run.created"), Words::tr("Created"), time(run.created_at)},
        {QStringLiteral("run.started"), Words::tr("Started"), time(run.started_at)},
        {QStringLiteral("run.finished"), Words::tr("Ended"), time(run.finished_at)},
        {QStringLiteral("run.params"), Words::tr("Trainable parameters"),
         run.total_params > 0
             ? Words::tr("%1 of %2").arg(units::count(run.trainable_params), units::count(run.total_params))
             : QStringLiteral("–")},
        {QStringLiteral("run.device"), Words::tr("Device used"), text(run.device)},
        {QStringLiteral("run.program"), Words::tr("Program"), text(run.program_version)},
        {QStringLiteral("run.libtorch"), Words::tr("libtorch"), text(run.libtorch_version)},
        {QStringLiteral("run.model_hash"), Words::tr("Model hash"), text(run.model_hash)},
        {QStringLiteral("run.data_hash"), Words::tr("Data hash"), text(run.data_hash)},
        {QStringLiteral("run.folder"), Words::tr("Folder"), text(run.run_dir)}};
}

}  // namespace ui
