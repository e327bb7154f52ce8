// What must be known before an export and what is to be said after it. Pure reading, any thread.
#pragma once

#include <catalog/records.h>
#include <engine/export.h>
#include <workbench/workbench.h>

#include <QString>

#include <cstdint>
#include <map>
#include <optional>

namespace ui {

// How an export came out, whether it was made just now or is read from the catalog.
struct Verdict {
    bool passed = false;
    QString sentence;
    double maxAbsDiff = 0;
    std::optional<double> tolerance;
    std::int64_t matched = 0, missing = 0, unexpected = 0;
    QString path;
    std::int64_t bytes = 0;
};
Verdict verdictOf(const engine::ExportReport& report);
Verdict verdictOf(const catalog::ExportRecord& record);

// "GGUF model"
QString exportTitle(engine::ExportFormat format);

// What an adapter can be exported as, and what that would weigh.
struct ExportOutlook {
    std::map<engine::ExportFormat, std::int64_t> bytes;       // predicted
    std::map<engine::ExportFormat, engine::ExportChoice> choices;
    QString problem;                                          // why nothing can be exported

    std::optional<std::int64_t> bytesOf(engine::ExportFormat format) const;
    QString reason(engine::ExportFormat format) const;        // why this format is not possible; empty when it is
    QString notes(engine::ExportFormat format) const;         // what will differ in the other software, by line
};
ExportOutlook exportOutlook(workbench::Workbench& workbench, const catalog::AdapterRecord& adapter,
                            engine::StoredDtype dtype);

// Why nothing can be written into this folder; empty when all is well.
QString folderProblem(const QString& folder, std::optional<std::int64_t> bytes);
// parent/NAME-merged, -peft, -gguf or -gguf-adapter, numbered when that is taken.
QString suggestedFolder(const QString& parent, const QString& adapterName, engine::ExportFormat format);

}  // namespace ui
