#include "chat/marked_text.h"

#include "tokenizer/text.h"

#include <algorithm>

namespace engine::jinja {

bool is_python_space(char32_t code) {
    return is_white_space(code) || (code >= 0x1c && code <= 0x1f);
}

MarkedText::MarkedText(std::string bytes, char mark) : bytes_(std::move(bytes)) {
    if (mark != from_template) marks_.assign(bytes_.size(), mark);
}

void MarkedText::append(std::string_view bytes, char mark) {
    if (mark != from_template && marks_.empty()) marks_.assign(bytes_.size(), from_template);
    bytes_ += bytes;
    if (mark != from_template || !marks_.empty()) marks_.append(bytes.size(), mark);
}

void MarkedText::append(const MarkedText& other) {
    if (!other.marks_.empty() && marks_.empty()) marks_.assign(bytes_.size(), from_template);
    const std::size_t added = other.size();
    bytes_ += other.bytes_;
    if (!other.marks_.empty())
        marks_ += other.marks_;
    else if (!marks_.empty())
        marks_.append(added, from_template);
}

void MarkedText::add_mark(char mark) {
    if (marks_.empty()) marks_.assign(bytes_.size(), from_template);
    for (char& each : marks_) each = static_cast<char>(each | mark);
}

MarkedText MarkedText::substr(std::size_t begin, std::size_t count) const {
    MarkedText part;
    begin = std::min(begin, size());
    part.bytes_ = bytes_.substr(begin, count);
    if (!marks_.empty()) part.marks_ = marks_.substr(begin, count);
    return part;
}

std::size_t MarkedText::length() const {
    return static_cast<std::size_t>(
        std::count_if(bytes_.begin(), bytes_.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::vector<std::size_t> MarkedText::boundaries() const {
    std::vector<std::size_t> offsets;
    offsets.reserve(bytes_.size() + 1);
    for (std::size_t i = 0; i < bytes_.size(); ++i)
        if ((bytes_[i] & 0xc0) != 0x80) offsets.push_back(i);
    offsets.push_back(bytes_.size());
    return offsets;
}

MarkedText MarkedText::strip(std::string_view characters, bool left, bool right) const {
    const auto goes = [&](std::size_t at, std::size_t length, char32_t code) {
        return characters.empty() ? is_python_space(code)
                                  : characters.find(bytes_.substr(at, length)) != std::string_view::npos;
    };
    std::size_t begin = 0, end = bytes_.size();
    while (left && begin < end) {
        const Character c = character_at(bytes_, begin);
        if (!goes(begin, c.length, c.code)) break;
        begin += c.length;
    }
    while (right && end > begin) {
        const Character c = character_before(bytes_, end);
        if (!goes(end - c.length, c.length, c.code)) break;
        end -= c.length;
    }
    return substr(begin, end - begin);
}

}  // namespace engine::jinja
