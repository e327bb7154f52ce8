#include "engine/tokenizer.h"

#include "tokenizer/text.h"
#include "tokenizer/tokenizer_state.h"

#include <new>

namespace engine {

Result<Tokenizer> Tokenizer::load(const std::filesystem::path& folder) {
    try {
        return Tokenizer(std::make_shared<const State>(read_tokenizer_files(folder)));
    } catch (const Failure& failure) {
        return failure.error();
    } catch (const std::bad_alloc&) {
        return Error{
            ErrorCode::out_of_memory,
            "The tokenizer in '" + folder.string() + "' does not fit into memory. Close other programs.",
            {}};
    } catch (const std::exception& e) {
        return Error{ErrorCode::bad_input,
                     "The tokenizer in '" + folder.string() + "' could not be read. Fetch its files again.",
                     e.what()};
    }
}

bool Tokenizer::is_available(const std::filesystem::path& folder) {
    return has_tokenizer_files(folder);
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view utf8, EncodeOptions options) const {
    return state_->encode(utf8, options);
}

MarkedIds Tokenizer::encode_marked(std::string_view utf8, std::span<const TextRange> data,
                                   std::span<const std::size_t> cuts) const {
    return state_->encode_marked(utf8, data, cuts);
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids, bool skip_special) const {
    return state_->decode(ids, skip_special);
}

const TextFrame& Tokenizer::frame() const {
    return state_->frame;
}

bool Tokenizer::contains(std::int32_t id) const {
    return state_->contains(id);
}
std::string Tokenizer::token(std::int32_t id) const {
    return contains(id) ? state_->token(id) : std::string();
}
std::string Tokenizer::piece_text(std::int32_t id) const {
    return state_->piece_text(id);
}
std::optional<std::int32_t> Tokenizer::id(std::string_view token) const {
    return state_->id(token);
}
bool Tokenizer::is_special(std::int32_t id) const {
    return state_->is_special(id);
}
std::int64_t Tokenizer::vocab_size() const {
    return state_->vocab_size;
}
std::optional<std::int32_t> Tokenizer::bos_id() const {
    return state_->bos_id;
}
std::optional<std::int32_t> Tokenizer::eos_id() const {
    return state_->eos_id;
}
std::optional<std::int32_t> Tokenizer::pad_id() const {
    return state_->pad_id;
}
std::optional<std::int32_t> Tokenizer::unk_id() const {
    return state_->unk_id;
}
const std::vector<std::int32_t>& Tokenizer::stop_ids() const {
    return state_->stop_ids;
}

std::string Tokenizer::kind() const {
    const bool bytes = state_->decoder && state_->decoder->byte_level();
    return (bytes ? "byte-level " : "") + state_->model->kind();
}

std::string StreamDecoder::push(std::int32_t id) {
    window_.push_back(id);
    return take(false);
}

std::string StreamDecoder::flush() {
    return take(true);
}

std::string StreamDecoder::take(bool everything) {
    const std::span<const std::int32_t> all(window_);
    std::string bytes;
    for (const std::int32_t id : all.subspan(emitted_ids_))
        if (!skip_special_ || !tokenizer_.is_special(id)) bytes += tokenizer_.piece_text(id);
    if (!everything && complete_utf8_prefix(bytes) != bytes.size()) return {};

    // What the new ids add to the text of those before them: a decoder may treat the start of a text
    // differently.
    const std::string before = tokenizer_.decode(all.first(emitted_ids_), skip_special_);
    std::string text = tokenizer_.decode(all, skip_special_);
    text = text.starts_with(before) ? text.substr(before.size())
                                    : tokenizer_.decode(all.subspan(emitted_ids_), skip_special_);
    if (!text.empty())
        window_.erase(window_.begin(), window_.begin() + static_cast<std::ptrdiff_t>(emitted_ids_));
    emitted_ids_ = window_.size();
    return text;
}

}  // namespace engine
