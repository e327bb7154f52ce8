// An experiment as people read it: every field of the spec with a label and a written value, in the order of
// the form. Pure, any thread.
#pragma once

#include <catalog/records.h>
#include <engine/experiment_spec.h>

#include <QCoreApplication>
#include <QString>

#include <vector>

namespace ui {

struct SpecField {
    QString key;    // stable: "lora.rank"
    QString label;  // "Rank r"
    QString value;
    bool operator==(const SpecField&) const = default;
};

std::vector<SpecField> specFields(const engine::ExperimentSpec& spec);
// What came out: losses, parameters, size; the same shape, for the same tables.
std::vector<SpecField> resultFields(const catalog::AdapterRecord& adapter);
// What the catalog knows of a run that the spec does not say: device, versions, hashes, times.
std::vector<SpecField> provenanceFields(const catalog::RunRecord& run);

}  // namespace ui
