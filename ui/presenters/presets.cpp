#include "ui/presenters/presets.h"

#include <QCoreApplication>
#include <QSettings>

#include <algorithm>

namespace ui {

namespace {

const QString group = QStringLiteral("presets");
// A name may hold a slash, a settings key may not.
const auto base64 = QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals;

QString tr(const char* text) {
    return QCoreApplication::translate("presets", text);
}

engine::ExperimentSpec lora(std::initializer_list<const char*> kinds, int64_t rank, double alpha) {
    engine::ExperimentSpec spec;
    spec.lora.rank = rank;
    spec.lora.alpha = alpha;
    for (const char* kind : kinds) spec.lora.targets[kind] = {};
    return spec;
}

}  // namespace

std::vector<Preset> builtinPresets() {
    std::vector<Preset> presets;

    presets.push_back({tr("Query and value, r 8"),
                       tr("A good first try: Wq and Wv of every layer, α/r = 2, cosine schedule"),
                       lora({"q", "v"}, 8, 16)});
    presets.back().spec.optimizer.schedule = engine::Schedule::cosine;

    // Hu et al. 2021, table 11 (E2E column). Warm-up there is 500 of about 26,300 steps; label smoothing is
    // not offered.
    presets.push_back({tr("Paper: GPT-2 E2E"),
                       tr("Hu et al. 2021, table 11: Wq and Wv, r 4, α 32, dropout 0.1, AdamW with weight "
                          "decay 0.01, learning "
                          "rate 2e-4, linear, batch 8, 5 epochs, length 512"),
                       lora({"q", "v"}, 4, 32)});
    auto& e2e = presets.back().spec;
    e2e.lora.dropout = 0.1;
    e2e.optimizer.weight_decay = 0.01;
    e2e.optimizer.max_grad_norm = 0;
    e2e.optimizer.warmup = 500.0 / 26289.0;
    e2e.epochs = 5;
    e2e.data.seq_len = 512;

    // Table 12 and section 7.1: with a fixed budget, two matrices at half the rank beat one.
    presets.push_back({tr("Paper: GPT-3"),
                       tr("Hu et al. 2021, table 12: Wq and Wv, r 8, AdamW with weight decay 0.1, learning "
                          "rate 2e-4, linear, batch "
                          "128 as 8 × 16, 2 epochs"),
                       lora({"q", "v"}, 8, 16)});
    auto& gpt3 = presets.back().spec;
    gpt3.optimizer.weight_decay = 0.1;
    gpt3.epochs = 2;
    gpt3.grad_accum = 16;
    gpt3.data.seq_len = 384;

    presets.push_back({tr("Every matrix, r 16"),
                       tr("All attention and MLP matrices, α/r = 2, for tasks far from the base model"),
                       lora({"q", "k", "v", "o", "gate", "up", "down"}, 16, 32)});
    presets.back().spec.optimizer.schedule = engine::Schedule::cosine;

    presets.push_back({tr("Smallest: value, r 1"),
                       tr("One matrix a layer at rank 1: how far does the least go?"), lora({"v"}, 1, 2)});
    presets.back().spec.optimizer.learning_rate = 1e-3;
    return presets;
}

std::vector<Preset> savedPresets(QSettings& settings) {
    std::vector<Preset> presets;
    settings.beginGroup(group);
    for (const QString& key : settings.childKeys()) {
        const auto spec = engine::spec_from_json(settings.value(key).toString().toStdString());
        if (spec)
            presets.push_back({QString::fromUtf8(QByteArray::fromBase64(key.toLatin1(), base64)),
                               tr("Saved by you"), *spec, true});
    }
    settings.endGroup();
    return presets;
}

static QString keyOf(const QString& name) {
    return group + QLatin1Char('/') + QString::fromLatin1(name.toUtf8().toBase64(base64));
}

void savePreset(QSettings& settings, const QString& name, const engine::ExperimentSpec& spec) {
    settings.setValue(keyOf(name), QString::fromStdString(engine::to_json(spec)));
}

void removePreset(QSettings& settings, const QString& name) {
    settings.remove(keyOf(name));
}

engine::ExperimentSpec applyPreset(const Preset& preset, engine::ExperimentSpec spec,
                                   const std::vector<std::string>& kinds) {
    const auto& from = preset.spec;
    spec.method = from.method;
    spec.lora = from.lora;
    for (auto it = spec.lora.targets.begin(); it != spec.lora.targets.end();)
        it = std::find(kinds.begin(), kinds.end(), it->first) == kinds.end() ? spec.lora.targets.erase(it)
                                                                             : std::next(it);
    spec.optimizer = from.optimizer;
    spec.epochs = from.epochs;
    spec.steps = from.steps;
    spec.batch_size = from.batch_size;
    spec.grad_accum = from.grad_accum;
    spec.data.seq_len = from.data.seq_len;
    return spec;
}

}  // namespace ui
