// How many values of an adapter were trained, those of whole modules (a classifier's head) apart from the low-rank pairs.
#pragma once

#include <catalog/records.h>

#include <QString>

namespace ui {

QString adapterParameters(const catalog::AdapterRecord& adapter);         // "24,576", with a head "24,576 + 1,538"
QString adapterParametersMeaning(const catalog::AdapterRecord& adapter);  // the same as a sentence; empty without a head

}  // namespace ui
