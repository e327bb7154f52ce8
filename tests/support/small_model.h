// A Llama-style model folder of a few kilobytes with weights drawn from a fixed seed and one token per byte,
// and a data file to go with it: enough to train on for real, in a second. Written for each test; nothing is
// stored.
#pragma once

#include <QByteArray>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QString>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>

namespace support {

inline void writeFile(const QString& path, const QByteArray& bytes) {
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
        qFatal("%s cannot be written", qPrintable(path));
}

// Byte-level BPE spells every byte as one printable character: printable Latin-1 as itself, the others from
// U+0100 on.
inline QString byteSpelling(int byte) {
    const auto printable = [](int b) { return (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174; };
    if (printable(byte)) return QString(QChar(byte));
    int place = 0x100;
    for (int b = 0; b < byte; ++b)
        if (!printable(b)) ++place;
    return QString(QChar(place));
}

inline void writeByteTokenizer(const QString& folder) {
    QJsonObject vocabulary;
    for (int byte = 0; byte < 256; ++byte) vocabulary[byteSpelling(byte)] = byte;
    const QJsonObject end{
        {QStringLiteral("id"), 256},          {QStringLiteral("content"), QStringLiteral("<|end|>")},
        {QStringLiteral("special"), true},    {QStringLiteral("lstrip"), false},
        {QStringLiteral("rstrip"), false},    {QStringLiteral("single_word"), false},
        {QStringLiteral("normalized"), false}};
    const QJsonObject tokenizer{
        {QStringLiteral("version"), QStringLiteral("1.0")},
        {QStringLiteral("added_tokens"), QJsonArray{end}},
        {QStringLiteral("normalizer"), QJsonValue::Null},
        {QStringLiteral("pre_tokenizer"), QJsonObject{{QStringLiteral("type"), QStringLiteral("ByteLevel")},
                                                      {QStringLiteral("add_prefix_space"), false},
                                                      {QStringLiteral("use_regex"), true}}},
        {QStringLiteral("post_processor"), QJsonValue::Null},
        {QStringLiteral("decoder"), QJsonObject{{QStringLiteral("type"), QStringLiteral("ByteLevel")}}},
        {QStringLiteral("model"), QJsonObject{{QStringLiteral("type"), QStringLiteral("BPE")},
                                              {QStringLiteral("vocab"), vocabulary},
                                              {QStringLiteral("merges"), QJsonArray{}}}}};
    writeFile(folder + QStringLiteral("/tokenizer.json"), QJsonDocument(tokenizer).toJson());
    writeFile(
        folder + QStringLiteral("/tokenizer_config.json"),
        QByteArrayLiteral(R"({"bos_token": "<|end|>", "eos_token": "<|end|>", "add_bos_token": false})"));
}

// hidden 32, 4 heads of 8, 2 kv heads, intermediate 48, vocabulary 257, tied embeddings, f32.
inline void writeSmallModel(const QString& folder, int layers = 2) {
    constexpr int hidden = 32, kv = 16, inner = 48, vocabulary = 257;
    if (!QDir().mkpath(folder)) qFatal("%s cannot be made", qPrintable(folder));
    writeByteTokenizer(folder);
    writeFile(
        folder + QStringLiteral("/config.json"),
        QStringLiteral(R"({"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": %1,
                "intermediate_size": %2, "num_hidden_layers": %3, "num_attention_heads": 4, "num_key_value_heads": 2,
                "head_dim": 8, "vocab_size": %4, "max_position_embeddings": 256, "rms_norm_eps": 1e-5,
                "rope_theta": 10000.0, "hidden_act": "silu", "tie_word_embeddings": true, "attention_bias": false,
                "mlp_bias": false, "torch_dtype": "float32", "bos_token_id": 256, "eos_token_id": 256})")
            .arg(hidden)
            .arg(inner)
            .arg(layers)
            .arg(vocabulary)
            .toUtf8());

    QJsonObject header;
    QByteArray values;
    std::mt19937 random(7);
    const auto add = [&](const QString& name, int rows, int columns, bool ones) {
        const auto begin = values.size();
        for (int i = 0; i < rows * columns; ++i) {
            const float value =
                ones ? 1.0F : (float(random()) / 4294967296.0F - 0.5F) * 2.0F / std::sqrt(float(columns));
            char bytes[4];
            std::memcpy(bytes, &value, 4);
            values.append(bytes, 4);
        }
        const QJsonArray shape = ones ? QJsonArray{columns} : QJsonArray{rows, columns};
        header[name] = QJsonObject{{QStringLiteral("dtype"), QStringLiteral("F32")},
                                   {QStringLiteral("shape"), shape},
                                   {QStringLiteral("data_offsets"), QJsonArray{begin, values.size()}}};
    };
    add(QStringLiteral("model.embed_tokens.weight"), vocabulary, hidden, false);
    for (int layer = 0; layer < layers; ++layer) {
        const QString at = QStringLiteral("model.layers.%1.").arg(layer);
        add(at + QStringLiteral("input_layernorm.weight"), 1, hidden, true);
        add(at + QStringLiteral("self_attn.q_proj.weight"), hidden, hidden, false);
        add(at + QStringLiteral("self_attn.k_proj.weight"), kv, hidden, false);
        add(at + QStringLiteral("self_attn.v_proj.weight"), kv, hidden, false);
        add(at + QStringLiteral("self_attn.o_proj.weight"), hidden, hidden, false);
        add(at + QStringLiteral("post_attention_layernorm.weight"), 1, hidden, true);
        add(at + QStringLiteral("mlp.gate_proj.weight"), inner, hidden, false);
        add(at + QStringLiteral("mlp.up_proj.weight"), inner, hidden, false);
        add(at + QStringLiteral("mlp.down_proj.weight"), hidden, inner, false);
    }
    add(QStringLiteral("model.norm.weight"), 1, hidden, true);

    QByteArray json = QJsonDocument(header).toJson(QJsonDocument::Compact);
    while (json.size() % 8) json.append(' ');
    const auto size = static_cast<std::uint64_t>(json.size());
    QByteArray file(8, '\0');
    std::memcpy(file.data(), &size, 8);  // little-endian, as every machine this runs on
    writeFile(folder + QStringLiteral("/model.safetensors"), file + json + values);
}

// rows lines of prompt and completion. badLines: 1-based numbers of lines that lack the completion.
inline void writeSmallData(const QString& path, int rows, const QList<int>& badLines = {}) {
    QByteArray lines;
    for (int i = 1; i <= rows; ++i) {
        if (badLines.contains(i))
            lines += QStringLiteral("{\"prompt\": \"count %1\"}\n").arg(i).toUtf8();
        else
            lines += QStringLiteral("{\"prompt\": \"count %1\", \"completion\": \"%2 and then %3\"}\n")
                         .arg(i)
                         .arg(i + 1)
                         .arg(i + 2)
                         .toUtf8();
    }
    writeFile(path, lines);
}

}  // namespace support
