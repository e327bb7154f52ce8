// A BERT-style base model of a few kilobytes with weights drawn from a fixed seed and a vocabulary of words, and rows
// with labels to go with it: a classifier to train for real, in a second. Written for each test; nothing is stored.
#pragma once

#include "support/small_model.h"

#include <utility>
#include <vector>

namespace support {

// hidden 32, 4 heads, intermediate 48, 2 layers, 24 words, 64 positions; without a head over labels unless labels > 0.
inline void writeSmallEncoder(const QString& folder, const QStringList& labels = {}, int layers = 2) {
    constexpr int hidden = 32, inner = 48, positions = 64;
    if (!QDir().mkpath(folder)) qFatal("%s cannot be made", qPrintable(folder));
    const QByteArray words =
        "[PAD] [UNK] [CLS] [SEP] good fine nice bad ugly poor the a film song is was very not and but this that it so";
    const int vocabulary = static_cast<int>(words.split(' ').size());
    writeFile(folder + QStringLiteral("/vocab.txt"), QByteArray(words).replace(' ', '\n') + '\n');
    writeFile(folder + QStringLiteral("/tokenizer_config.json"),
              R"({"tokenizer_class": "BertTokenizer", "do_lower_case": true, "cls_token": "[CLS]",
                  "sep_token": "[SEP]", "unk_token": "[UNK]", "pad_token": "[PAD]"})");
    QJsonObject config{{QStringLiteral("model_type"), QStringLiteral("bert")},
                       {QStringLiteral("architectures"),
                        QJsonArray{labels.isEmpty() ? QStringLiteral("BertForMaskedLM")
                                                    : QStringLiteral("BertForSequenceClassification")}},
                       {QStringLiteral("num_hidden_layers"), layers},
                       {QStringLiteral("hidden_size"), hidden},
                       {QStringLiteral("num_attention_heads"), 4},
                       {QStringLiteral("intermediate_size"), inner},
                       {QStringLiteral("vocab_size"), vocabulary},
                       {QStringLiteral("max_position_embeddings"), positions},
                       {QStringLiteral("initializer_range"), 0.2},
                       {QStringLiteral("hidden_act"), QStringLiteral("gelu")}};
    QJsonObject names;
    for (int i = 0; i < labels.size(); ++i) names[QString::number(i)] = labels[i];
    if (!labels.isEmpty()) config[QStringLiteral("id2label")] = names;
    writeFile(folder + QStringLiteral("/config.json"), QJsonDocument(config).toJson());

    QJsonObject header;
    QByteArray values;
    std::mt19937 random(11);
    const auto add = [&](const QString& name, QList<int> sizes, float scale, float offset = 0) {
        const auto begin = values.size();
        int count = 1;
        QJsonArray shape;
        for (const int size : sizes) {
            count *= size;
            shape.append(size);
        }
        for (int i = 0; i < count; ++i) {
            const float value = offset + (float(random()) / 4294967296.0F - 0.5F) * 2.0F * scale;
            char bytes[4];
            std::memcpy(bytes, &value, 4);
            values.append(bytes, 4);
        }
        header[name] = QJsonObject{{QStringLiteral("dtype"), QStringLiteral("F32")},
                                   {QStringLiteral("shape"), shape},
                                   {QStringLiteral("data_offsets"), QJsonArray{begin, values.size()}}};
    };
    const auto norm = [&](const QString& name) {
        add(name + QStringLiteral(".weight"), {hidden}, 0, 1);
        add(name + QStringLiteral(".bias"), {hidden}, 0);
    };
    const auto linear = [&](const QString& name, int out, int in) {
        add(name + QStringLiteral(".weight"), {out, in}, 0.3F);
        add(name + QStringLiteral(".bias"), {out}, 0.05F);
    };
    const QString embeddings = QStringLiteral("bert.embeddings.");
    add(embeddings + QStringLiteral("word_embeddings.weight"), {vocabulary, hidden}, 0.5F);
    add(embeddings + QStringLiteral("position_embeddings.weight"), {positions, hidden}, 0.1F);
    add(embeddings + QStringLiteral("token_type_embeddings.weight"), {2, hidden}, 0.1F);
    norm(embeddings + QStringLiteral("LayerNorm"));
    for (int layer = 0; layer < layers; ++layer) {
        const QString at = QStringLiteral("bert.encoder.layer.%1.").arg(layer);
        for (const char* part : {"query", "key", "value"})
            linear(at + QStringLiteral("attention.self.") + QLatin1String(part), hidden, hidden);
        linear(at + QStringLiteral("attention.output.dense"), hidden, hidden);
        norm(at + QStringLiteral("attention.output.LayerNorm"));
        linear(at + QStringLiteral("intermediate.dense"), inner, hidden);
        linear(at + QStringLiteral("output.dense"), hidden, inner);
        norm(at + QStringLiteral("output.LayerNorm"));
    }
    if (!labels.isEmpty()) {
        linear(QStringLiteral("bert.pooler.dense"), hidden, hidden);
        linear(QStringLiteral("classifier"), static_cast<int>(labels.size()), hidden);
    }
    QByteArray json = QJsonDocument(header).toJson(QJsonDocument::Compact);
    while (json.size() % 8) json.append(' ');
    const auto size = static_cast<std::uint64_t>(json.size());
    QByteArray file(8, '\0');
    std::memcpy(file.data(), &size, 8);  // little-endian, as every machine this runs on
    writeFile(folder + QStringLiteral("/model.safetensors"), file + json + values);
}

// Rows whose adjective decides, two of three of them good. label: what a good and a bad row get, as JSON.
inline void writeLabelledRows(const QString& path, int rows, const QByteArray& good = "\"good\"",
                              const QByteArray& bad = "\"bad\"", bool pairs = false) {
    static const char* const adjectives[] = {"good", "bad", "fine", "nice", "ugly", "good", "poor", "fine", "nice"};
    QByteArray lines;
    for (int i = 0; i < rows; ++i) {
        const QByteArray adjective = adjectives[i % 9];
        const bool fits = adjective == "good" || adjective == "fine" || adjective == "nice";
        const QByteArray text = QByteArray(i / 9 % 2 ? "the " : "a ") + (i / 18 % 2 ? "film " : "song ") +
                                (i / 36 % 2 ? "is " : "was ") + adjective;
        lines += "{\"" + QByteArray(pairs ? "sentence1" : "text") + "\": \"" + text + "\", " +
                 (pairs ? "\"sentence2\": \"it is so\", " : "") + "\"label\": " + (fits ? good : bad) + "}\n";
    }
    writeFile(path, lines);
}

}  // namespace support
