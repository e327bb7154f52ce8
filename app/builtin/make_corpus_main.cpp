// lwb-make-corpus: writes the pre-training text of the built-in base model, and the sample data sets.
#include "builtin/corpus.h"
#include "builtin/samples.h"

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view kUsage =
    "Usage:\n"
    "  lwb-make-corpus corpus --seed N --bytes N --out FILE [--format text|jsonl] [--kind NAME]\n"
    "  lwb-make-corpus samples --out DIR\n"
    "  lwb-make-corpus show [--seed N] [--kind NAME] [--count N]\n"
    "  lwb-make-corpus kinds\n";

using Options = std::map<std::string, std::string, std::less<>>;

struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

Options parse(int argc, char** argv) {
    Options options;
    for (int i = 2; i < argc; i += 2) {
        std::string name = argv[i];
        if (name.rfind("--", 0) != 0) throw UsageError("Unexpected argument '" + name + "'.");
        if (i + 1 >= argc) throw UsageError("Option " + name + " needs a value.");
        options[name.substr(2)] = argv[i + 1];
    }
    return options;
}

std::string text_option(const Options& options, std::string_view name, const char* fallback = nullptr) {
    auto it = options.find(name);
    if (it != options.end()) return it->second;
    if (!fallback) throw UsageError("Option --" + std::string(name) + " is missing.");
    return fallback;
}

std::uint64_t number_option(const Options& options, std::string_view name, const char* fallback = nullptr) {
    std::string text = text_option(options, name, fallback);
    if (text.empty() || text.size() > 18 || text.find_first_not_of("0123456789") != std::string::npos) {
        throw UsageError("Option --" + std::string(name) + " needs a whole number, not '" + text + "'.");
    }
    return std::stoull(text);
}

void write_file(const std::string& path, const std::string& text) {
    std::ofstream out(path, std::ios::binary);
    out << text;
    out.close();
    if (!out)
        throw std::runtime_error("'" + path + "' was not written: check the folder and the free space.");
}

void write_corpus(const Options& options) {
    std::string path = text_option(options, "out");
    std::string format = text_option(options, "format", "text");
    if (format != "text" && format != "jsonl")
        throw UsageError("Option --format is text or jsonl, not '" + format + "'.");
    std::ofstream out(path, std::ios::binary);
    const std::string kind = text_option(options, "kind", "");
    if (!kind.empty() && format == "text") throw UsageError("Option --kind needs --format jsonl.");
    const std::uint64_t seed = number_option(options, "seed", "1"), bytes = number_option(options, "bytes");
    if (format == "text") {
        builtin::generate_corpus(seed, bytes, out);
    } else {
        builtin::generate_corpus_jsonl(seed, bytes, out, kind);
    }
    out.close();
    if (!out)
        throw std::runtime_error("The corpus was not written to '" + path +
                                 "': check the folder and the free space.");
}

void write_samples(const Options& options) {
    std::string folder = text_option(options, "out");
    for (const builtin::SampleTask& task : builtin::make_samples()) {
        write_file(folder + "/" + task.name + ".train.jsonl", builtin::to_jsonl(task.train));
        write_file(folder + "/" + task.name + ".held_out.jsonl", builtin::to_jsonl(task.held_out));
    }
}

void show(const Options& options) {
    builtin::Corpus corpus(number_option(options, "seed", "1"));
    std::string wanted = text_option(options, "kind", "");
    std::uint64_t count = number_option(options, "count", "10");
    const auto& kinds = builtin::Corpus::kinds();
    std::size_t kind = 0;
    while (!wanted.empty() && kind < kinds.size() && kinds[kind] != wanted) ++kind;
    if (kind == kinds.size())
        throw UsageError("There is no document kind '" + wanted + "'; see 'lwb-make-corpus kinds'.");
    for (std::uint64_t i = 0; i < count; ++i) {
        std::cout << (wanted.empty() ? corpus.next() : corpus.next_of(kind)) << "\n\n";
    }
}

int run(int argc, char** argv) {
    std::string command = argc > 1 ? argv[1] : "";
    if (command == "corpus") {
        write_corpus(parse(argc, argv));
    } else if (command == "samples") {
        write_samples(parse(argc, argv));
    } else if (command == "show") {
        show(parse(argc, argv));
    } else if (command == "kinds") {
        for (const std::string& kind : builtin::Corpus::kinds()) std::cout << kind << '\n';
    } else {
        throw UsageError(command.empty() ? "No command given." : "There is no command '" + command + "'.");
    }
    return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const UsageError& error) {
        std::cerr << error.what() << '\n' << kUsage;
        return 2;
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 3;
    }
}
