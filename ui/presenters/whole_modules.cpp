#include "ui/presenters/whole_modules.h"

#include <QRegularExpression>
#include <QStringList>

#include <algorithm>
#include <map>

namespace ui {
namespace {

std::string moduleOf(const std::string& tensor) {
    return tensor.substr(0, tensor.rfind('.'));
}

// "model.layers.0.mlp": a component that is a number.
bool inLayer(const std::string& module) {
    const QStringList parts = QString::fromStdString(module).split(QLatin1Char('.'));
    return std::any_of(parts.begin(), parts.end(), [](const QString& part) {
        bool number = false;
        part.toInt(&number);
        return number;
    });
}

}  // namespace

std::vector<WholeModule> wholeModules(const engine::ModelInfo& model) {
    std::vector<std::string> order;
    std::map<std::string, qint64> values;
    for (const engine::TensorInfo& tensor : model.tensors) {
        const std::string module = moduleOf(tensor.name);
        if (!values.contains(module)) order.push_back(module);
        values[module] += tensor.numel();
    }
    std::vector<WholeModule> result;
    for (const std::string& module : order) {
        if (inLayer(module)) continue;
        // The short name where it is nobody else's ending: "norm" would also mean every
        // post_attention_layernorm.
        const std::string last = module.substr(module.rfind('.') + 1);
        const bool unique = std::none_of(order.begin(), order.end(), [&](const std::string& other) {
            return other != module && other.ends_with(last);
        });
        result.push_back({unique ? last : module, values[module]});
    }
    return result;
}

std::vector<std::string> parseModules(const QString& text) {
    static const QRegularExpression separators(QStringLiteral("[,;\\s]+"));
    std::vector<std::string> modules;
    for (const QString& name : text.split(separators, Qt::SkipEmptyParts))
        if (std::find(modules.begin(), modules.end(), name.toStdString()) == modules.end())
            modules.push_back(name.toStdString());
    return modules;
}

QString joinModules(const std::vector<std::string>& modules) {
    QStringList names;
    for (const std::string& module : modules) names << QString::fromStdString(module);
    return names.join(QStringLiteral(", "));
}

}  // namespace ui
