// Finding things in what is going to be written into a GGUF file; what must be there and is not ends the test.
#pragma once

#include "gguf/gguf.h"
#include "gguf/layout.h"

#include <QtGlobal>

#include <algorithm>
#include <string>
#include <vector>

namespace gguf_lookup {

using namespace engine;

inline const GgufSource& named(const std::vector<GgufSource>& sources, const std::string& name) {
    const auto it = std::find_if(sources.begin(), sources.end(), [&](const GgufSource& s) { return s.name == name; });
    if (it == sources.end()) qFatal("%s is not there", name.c_str());
    return *it;
}

inline bool holds(const std::vector<GgufSource>& sources, const std::string& name) {
    return std::any_of(sources.begin(), sources.end(), [&](const GgufSource& s) { return s.name == name; });
}

template <class T>
T setting(const GgufMetadata& metadata, const std::string& key) {
    for (const auto& [name, value] : metadata)
        if (name == key && value.template as<T>()) return *value.template as<T>();
    qFatal("%s is not there", key.c_str());
}

inline bool holds(const GgufMetadata& metadata, const std::string& key) {
    return std::any_of(metadata.begin(), metadata.end(), [&](const auto& entry) { return entry.first == key; });
}

template <class T>
std::vector<T> items(const GgufMetadata& metadata, const std::string& key) {
    std::vector<T> all;
    for (const GgufValue& item : setting<GgufArray>(metadata, key).items) all.push_back(*item.template as<T>());
    return all;
}

}  // namespace gguf_lookup
