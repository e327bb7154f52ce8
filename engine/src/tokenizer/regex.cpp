#include "tokenizer/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include "engine/error.h"
#include "tokenizer/onig_pattern.h"

#include <algorithm>
#include <cstdint>
#include <pcre2.h>

namespace engine {
namespace {

template <auto free_function>
struct Freed {
    template <class T>
    void operator()(T* object) const {
        free_function(object);
    }
};
using MatchData = std::unique_ptr<pcre2_match_data, Freed<pcre2_match_data_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Freed<pcre2_match_context_free>>;
using JitStack = std::unique_ptr<pcre2_jit_stack, Freed<pcre2_jit_stack_free>>;
using CompileContext = std::unique_ptr<pcre2_compile_context, Freed<pcre2_compile_context_free>>;

std::string error_text(int code) {
    unsigned char buffer[256] = {};
    pcre2_get_error_message(code, buffer, sizeof buffer);
    return reinterpret_cast<const char*>(buffer);
}

}  // namespace

Regex::Regex(std::string_view pattern, const std::string& source) {
    compile(translate_onig_pattern(pattern, source), pattern, source);
}

Regex Regex::literal(std::string_view text, const std::string& source) {
    std::string escaped;
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x80 && !std::isalnum(static_cast<unsigned char>(c)))
            escaped += '\\';
        escaped += c;
    }
    Regex regex;
    regex.compile(escaped, text, source);
    return regex;
}

Regex Regex::of_names(std::string_view pattern, const std::string& source) {
    int error = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                     PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_NEVER_BACKSLASH_C,
                                     &error, &offset, nullptr);
    if (!code)
        fail_input("The pattern '" + std::string(pattern.substr(0, 200)) + "' in " + source +
                   " is not a regular expression that can be used: " + error_text(error) + ".");
    Regex regex;
    regex.code_ = std::shared_ptr<void>(code, [](void* p) { pcre2_code_free(static_cast<pcre2_code*>(p)); });
    return regex;
}

bool Regex::matches(std::string_view name) const {
    const auto* code = static_cast<const pcre2_code*>(code_.get());
    const MatchData data(pcre2_match_data_create_from_pattern(code, nullptr));
    const MatchContext context(pcre2_match_context_create(nullptr));
    pcre2_set_match_limit(context.get(), 1'000'000);
    const int result = pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(name.data()), name.size(), 0, 0,
                                   data.get(), context.get());
    if (result == PCRE2_ERROR_NOMATCH) return false;
    if (result < 0)
        fail_input("A pattern could not be held against the name '" + std::string(name.substr(0, 200)) +
                   "': " + error_text(result) + ". Write it more simply.");
    return true;
}

void Regex::compile(const std::string& pattern, std::string_view original, const std::string& source) {
    const CompileContext context(pcre2_compile_context_create(nullptr));
    pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
    int error = 0;
    PCRE2_SIZE offset = 0;
    const auto text = reinterpret_cast<PCRE2_SPTR>(pattern.data());
    const auto options = PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C;
    pcre2_code* code = pcre2_compile(text, pattern.size(), options, &error, &offset, context.get());
    if (!code)
        fail_input("The pattern '" + std::string(original) + "' in " + source + " is not understood: " +
                   error_text(error) + ". Supported is what GPT-2, Llama 3 and Qwen 2 patterns use.");
    code_ = std::shared_ptr<void>(code, [](void* p) { pcre2_code_free(static_cast<pcre2_code*>(p)); });
    // Without the compiler (another processor, a hardened kernel) matching still works, only slower.
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
}

std::vector<Span> Regex::find_all(std::string_view subject) const {
    const auto* code = static_cast<const pcre2_code*>(code_.get());
    const MatchData data(pcre2_match_data_create_from_pattern(code, nullptr));
    const MatchContext context(pcre2_match_context_create(nullptr));
    // Patterns backtrack over long runs of white space, a few steps for each character; the limit stops the
    // search of a pattern like (a+)+b, whose steps double with each character.
    pcre2_set_match_limit(context.get(), static_cast<std::uint32_t>(std::min<std::size_t>(
                                             10'000'000 + 64 * subject.size(), std::size_t{1} << 31)));
    JitStack stack;
    const auto text = reinterpret_cast<PCRE2_SPTR>(subject.data());
    std::vector<Span> found;
    for (std::size_t at = 0; at <= subject.size();) {
        int result =
            pcre2_match(code, text, subject.size(), at, PCRE2_NO_UTF_CHECK, data.get(), context.get());
        if (result == PCRE2_ERROR_JIT_STACKLIMIT && !stack) {
            stack.reset(pcre2_jit_stack_create(64 << 10, 256 << 20, nullptr));
            pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
            continue;
        }
        if (result == PCRE2_ERROR_JIT_STACKLIMIT)
            result = pcre2_match(code, text, subject.size(), at, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT,
                                 data.get(), context.get());
        if (result == PCRE2_ERROR_NOMATCH) break;
        if (result < 0)
            throw Failure(Error{ErrorCode::failed,
                                "A text of " + std::to_string(subject.size()) +
                                    " bytes could not be split into words by the tokenizer's pattern. Split "
                                    "the text into shorter ones.",
                                error_text(result)});
        const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(data.get());
        found.push_back({ends[0], ends[1]});
        at = ends[1];
        // After an empty match go on with the next character.
        if (ends[0] == ends[1]) {
            ++at;
            while (at < subject.size() && (static_cast<unsigned char>(subject[at]) & 0xC0) == 0x80) ++at;
        }
    }
    return found;
}

}  // namespace engine
