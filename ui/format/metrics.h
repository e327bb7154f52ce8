// The figures that a classifier is judged by, in words.
#pragma once

#include <catalog/records.h>

#include <QString>

#include <string>

namespace ui {

QString metricName(const std::string& name);              // "f1" → "F1", "matthews" → "Matthews"
QString metricText(const catalog::Metric& metric);        // "accuracy 0.9125"
QString metricsText(const catalog::Metrics& metrics);     // all of them, "accuracy 0.9125, F1 0.8800"
QString metricMeaning(const std::string& name);           // one line for tool tips; empty when there is none

}  // namespace ui
