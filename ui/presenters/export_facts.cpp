#include "ui/presenters/export_facts.h"

#include "ui/format/units.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStorageInfo>

namespace ui {
namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(ui::ExportFacts)
};

// The deepest part of a path that exists already: what will be written lands on its disk.
QFileInfo existingPart(const QString& folder) {
    QFileInfo info(folder);
    while (!info.exists() && info.absolutePath() != info.absoluteFilePath())
        info = QFileInfo(info.absolutePath());
    return info;
}

}  // namespace

Verdict verdictOf(const engine::ExportReport& report) {
    const engine::SelfTest& test = report.self_test;
    QStringList sentences(QString::fromStdString(test.verdict));
    for (const std::string& note : report.notes) sentences << QString::fromStdString(note);
    return {test.passed,       sentences.join(QLatin1Char(' ')),
            test.max_abs_diff, test.tolerance,
            test.matched,      test.missing,
            test.unexpected,   QString::fromStdString(report.path.string()),
            report.bytes};
}

Verdict verdictOf(const catalog::ExportRecord& record) {
    Verdict verdict{record.passed,
                    {},
                    record.max_abs_diff.value_or(0),
                    {},
                    record.matched,
                    record.missing,
                    record.unexpected,
                    QString::fromStdString(record.path),
                    record.size_bytes};
    const QJsonObject report = QJsonDocument::fromJson(QByteArray::fromStdString(record.report_json)).object();
    const QJsonObject test = report[QLatin1String("self_test")].toObject();
    QStringList sentences(test[QLatin1String("verdict")].toString());
    for (const QJsonValue note : report[QLatin1String("notes")].toArray()) sentences << note.toString();
    verdict.sentence = sentences.join(QLatin1Char(' '));
    if (test.contains(QLatin1String("tolerance")))
        verdict.tolerance = test[QLatin1String("tolerance")].toDouble();
    return verdict;
}

QString exportTitle(engine::ExportFormat format) {
    switch (format) {
        case engine::ExportFormat::peft: return Words::tr("PEFT adapter");
        case engine::ExportFormat::hf: return Words::tr("Merged model");
        case engine::ExportFormat::gguf: return Words::tr("GGUF model");
        case engine::ExportFormat::gguf_adapter: return Words::tr("GGUF adapter");
    }
    return {};
}

std::optional<std::int64_t> ExportOutlook::bytesOf(engine::ExportFormat format) const {
    const auto it = bytes.find(format);
    return it == bytes.end() ? std::nullopt : std::optional(it->second);
}

QString ExportOutlook::reason(engine::ExportFormat format) const {
    const auto it = choices.find(format);
    return it == choices.end() ? QString() : QString::fromStdString(it->second.reason);
}

QString ExportOutlook::notes(engine::ExportFormat format) const {
    QStringList lines;
    const auto it = choices.find(format);
    if (it != choices.end())
        for (const std::string& note : it->second.notes) lines << QString::fromStdString(note);
    return lines.join(QLatin1Char('\n'));
}

ExportOutlook exportOutlook(workbench::Workbench& workbench, const catalog::AdapterRecord& adapter,
                            engine::StoredDtype dtype) {
    ExportOutlook outlook;
    const auto stop = [&](const engine::Error& error) {
        outlook.problem = QString::fromStdString(error.message);
        return outlook;
    };
    if (const auto found = workbench.resolve_adapter(adapter.id); !found) return stop(found.error());
    const auto model = workbench.resolve_model(adapter.model_ref);
    if (!model) return stop(model.error());
    const auto choices = engine::possible_exports(*model, adapter.path);
    if (!choices) return stop(choices.error());
    engine::ExportRequest request;
    request.adapter = adapter.path;
    request.model = *model;
    for (const engine::ExportChoice& choice : *choices) {
        outlook.choices[choice.format] = choice;
        if (!choice.possible) continue;
        request.format = choice.format;
        request.dtype = choice.format != engine::ExportFormat::gguf && dtype == engine::StoredDtype::q8_0
                            ? engine::StoredDtype::as_base
                            : dtype;
        const auto bytes = engine::predicted_export_bytes(request);
        if (!bytes) return stop(bytes.error());
        outlook.bytes[choice.format] = *bytes;
    }
    return outlook;
}

QString folderProblem(const QString& folder, std::optional<std::int64_t> bytes) {
    const QString trimmed = folder.trimmed();
    if (trimmed.isEmpty()) return Words::tr("Choose a folder to write to.");
    const QFileInfo target(trimmed);
    if (!target.isAbsolute()) return Words::tr("Give the whole path of the folder, beginning at the root.");
    if (target.exists() && !target.isDir()) return Words::tr("“%1” is a file. Choose a folder.").arg(trimmed);
    if (target.isDir() && !QDir(trimmed).isEmpty())
        return Words::tr("“%1” is not empty. Choose a new or an empty folder.").arg(trimmed);
    const QFileInfo there = existingPart(trimmed);
    if (!there.isDir())
        return Words::tr("“%1” is a file. Choose another place.").arg(there.absoluteFilePath());
    if (!there.isWritable())
        return Words::tr("There is no permission to write into “%1”. Choose another folder.")
            .arg(there.absoluteFilePath());
    const qint64 free = QStorageInfo(there.absoluteFilePath()).bytesAvailable();
    if (bytes && free >= 0 && *bytes > free)
        return Words::tr("The export needs %1, this disk has %2 free. Choose another disk.")
            .arg(units::bytes(*bytes), units::bytes(free));
    return {};
}

QString suggestedFolder(const QString& parent, const QString& adapterName, engine::ExportFormat format) {
    QString name = adapterName.simplified();
    for (QChar& c : name)
        if (!c.isLetterOrNumber() && c != QLatin1Char('.') && c != QLatin1Char('_')) c = QLatin1Char('-');
    while (name.contains(QLatin1String("--"))) name.replace(QLatin1String("--"), QLatin1String("-"));
    while (name.startsWith(QLatin1Char('.')) || name.startsWith(QLatin1Char('-'))) name.remove(0, 1);
    while (name.endsWith(QLatin1Char('-'))) name.chop(1);
    if (name.isEmpty()) name = QStringLiteral("adapter");
    name += format == engine::ExportFormat::hf ? QStringLiteral("-merged")
                                               : QLatin1Char('-') + QLatin1String(engine::name_of(format));
    QString candidate = QDir(parent).filePath(name);
    for (int i = 2; QFileInfo::exists(candidate) && !QDir(candidate).isEmpty(); ++i)
        candidate = QDir(parent).filePath(name + QStringLiteral("-%1").arg(i));
    return QDir::cleanPath(candidate);
}

}  // namespace ui
