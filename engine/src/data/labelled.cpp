#include "data/labelled.h"

#include "data/rows.h"
#include "data/seeded.h"
#include "io/file.h"
#include "io/json.h"
#include "io/sha256.h"

#include <engine/error.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace engine {
namespace {

constexpr std::uint64_t max_file_bytes = std::uint64_t{4} << 30;
constexpr std::int64_t most_labels = 100'000;

struct LabelledRow {
    std::int64_t line = 0;
    std::string first;
    std::optional<std::string> second;
    Json label;
};

struct LabelledFile {
    std::filesystem::path path;
    std::vector<LabelledRow> rows;
    std::vector<BadRow> bad_rows;
    std::string content_hash;
};

constexpr std::pair<const char*, const char*> text_fields[] = {
    {"sentence1", "sentence2"}, {"premise", "hypothesis"}, {"question1", "question2"},
    {"question", "sentence"},   {"text", "text_pair"},     {"sentence", nullptr},
    {"text", nullptr},
};

[[noreturn]] void fail_rows(LabelledFile& file) {
    std::stable_sort(file.bad_rows.begin(), file.bad_rows.end(),
                     [](const BadRow& a, const BadRow& b) { return a.line < b.line; });
    const std::string name = file.path.filename().string();
    std::string message = "The data file '" + file.path.string() + "' has " +
                          std::to_string(file.bad_rows.size()) +
                          (file.bad_rows.size() == 1 ? " problem. " : " problems. ");
    for (std::size_t i = 0; i < file.bad_rows.size() && i < 3; ++i) {
        const BadRow& row = file.bad_rows[i];
        message += name + ":" + std::to_string(row.line) + ": " + row.field + " " + row.reason + ". ";
    }
    if (file.bad_rows.size() > 3) message += "And " + std::to_string(file.bad_rows.size() - 3) + " more. ";
    fail_input(message + "Correct or remove these rows.");
}

// Takes the row's texts and label; what is wrong with it, if anything.
std::optional<BadRow> take_row(const Json& object, LabelledRow& row) {
    if (!object.is_object()) return BadRow{row.line, "row", "is no JSON object with text and label"};
    const auto chosen = std::find_if(std::begin(text_fields), std::end(text_fields), [&](const auto& fields) {
        return object.contains(fields.first) && (!fields.second || object.contains(fields.second));
    });
    if (chosen == std::end(text_fields))
        return BadRow{row.line, "row",
                      "has no text: neither \"text\" nor a pair such as \"sentence1\" and \"sentence2\""};
    for (const char* field : {chosen->first, chosen->second}) {
        if (!field) continue;
        const Json& text = object.at(field);
        if (!text.is_string() || text.get<std::string>().find_first_not_of(" \t\r\n") == std::string::npos)
            return BadRow{row.line, field, "must be a text that is not empty"};
        (field == chosen->first ? row.first : row.second.emplace()) = text.get<std::string>();
    }
    if (!object.contains("label") || object.at("label").is_null())
        return BadRow{row.line, "label", "is missing"};
    row.label = object.at("label");
    return {};
}

LabelledFile read_file(const std::filesystem::path& path) {
    const std::string extension = path.extension().string();
    if (extension != ".jsonl" && extension != ".json" && extension != ".ndjson")
        fail_input("The data file '" + path.string() +
                   "' is not JSONL. Write one object with \"text\" and \"label\" per line.");
    LabelledFile file{path, {}, {}, {}};
    const std::string bytes = read_text(path, max_file_bytes);
    file.content_hash = sha256_of_text(bytes);
    std::string_view text = bytes;
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    std::int64_t number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string_view line = text.substr(begin, end - begin);
        begin = end + 1;
        ++number;
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        LabelledRow row;
        row.line = number;
        try {
            const Json object = parse_json(line, "the row");
            if (auto problem = take_row(object, row))
                file.bad_rows.push_back(std::move(*problem));
            else
                file.rows.push_back(std::move(row));
        } catch (const Failure&) {
            file.bad_rows.push_back({number, "row", "is not valid JSON"});
        }
    }
    if (file.rows.empty() && file.bad_rows.empty())
        fail_input("The data file '" + path.string() + "' is empty. Choose a file with at least one row.");
    return file;
}

// The labels of the rows, as numbers for the loss.
class Labels {
  public:
    Labels(Task task, const std::optional<Classifier>& known, const LabelledFile& train) : task_(task) {
        if (known) {
            classifier_ = *known;
        } else {
            classifier_.labels = 1;
            if (task != Task::regression) learn(train);
        }
        classifier_.problem = problem_of(task);
        for (std::size_t i = 0; i < classifier_.label_names.size(); ++i)
            ids_[classifier_.label_names[i]] = static_cast<std::int64_t>(i);
        if (task == Task::regression && classifier_.labels != 1)
            fail_input(
                "The model has " + std::to_string(classifier_.labels) +
                " labels, a regression gives one number. Choose the task classification, or another model.");
    }

    const Classifier& classifier() const { return classifier_; }

    // What is wrong with the label, if anything.
    std::optional<std::string> take(const Json& label, std::vector<float>& targets) const {
        if (task_ == Task::regression) {
            if (!label.is_number() || !std::isfinite(label.get<double>())) return "must be a number";
            targets = {label.get<float>()};
            return {};
        }
        if (task_ == Task::classification) {
            const auto id = id_of(label);
            if (!id)
                return "is " + dump_json(label, -1).substr(0, 60) + ", which is none of the " +
                       std::to_string(classifier_.labels) + " labels";
            targets = {static_cast<float>(*id)};
            return {};
        }
        if (!label.is_array()) return "must be a list of labels";
        targets.assign(static_cast<std::size_t>(classifier_.labels), 0);
        const bool numbers = !label.empty() && label.front().is_number();
        if (numbers && label.size() != targets.size())
            return "has " + std::to_string(label.size()) + " numbers for " + std::to_string(targets.size()) +
                   " labels";
        for (std::size_t i = 0; i < label.size(); ++i) {
            if (numbers) {
                if (label[i] != 0 && label[i] != 1) return "must hold a 0 or a 1 for every label";
                targets[i] = label[i].get<float>();
                continue;
            }
            const auto id = label[i].is_string() ? id_of(label[i]) : std::nullopt;
            if (!id)
                return "names something that is none of the " + std::to_string(classifier_.labels) +
                       " labels";
            targets[static_cast<std::size_t>(*id)] = 1;
        }
        return {};
    }

  private:
    std::optional<std::int64_t> id_of(const Json& label) const {
        if (label.is_string()) {
            const auto it = ids_.find(label.get<std::string>());
            if (it != ids_.end()) return it->second;
        } else if (label.is_number_integer()) {
            const auto id = label.get<std::int64_t>();
            if (id >= 0 && id < classifier_.labels) return id;
        }
        return {};
    }

    void learn(const LabelledFile& file) {
        std::map<std::string, int> names;
        std::int64_t largest = -1;
        const auto meet = [&](const Json& label) {
            if (label.is_string())
                names[label.get<std::string>()];
            else if (label.is_number_integer())
                largest = std::max(largest, label.get<std::int64_t>());
        };
        for (const LabelledRow& row : file.rows) {
            if (!row.label.is_array()) {
                meet(row.label);
            } else if (!row.label.empty() && row.label.front().is_number()) {
                largest = std::max<std::int64_t>(largest, static_cast<std::int64_t>(row.label.size()) - 1);
            } else {
                for (const Json& label : row.label) meet(label);
            }
        }
        if (!names.empty() && largest >= 0)
            fail_input("The labels of '" + file.path.string() +
                       "' are names in some rows and numbers in others. Write all of them in one way.");
        if (largest >= most_labels)
            fail_input("The labels of '" + file.path.string() + "' go up to " + std::to_string(largest) +
                       ", which is no class. Choose the task regression, or number the classes from 0.");
        for (std::int64_t i = 0; i <= largest; ++i)
            classifier_.label_names.push_back("LABEL_" + std::to_string(i));
        for (const auto& [name, unused] : names) classifier_.label_names.push_back(name);
        classifier_.labels = static_cast<std::int64_t>(classifier_.label_names.size());
    }

    Task task_;
    Classifier classifier_;
    std::map<std::string, std::int64_t> ids_;
};

// Keeps the good rows; the others are told of in file.
Dataset encode(LabelledFile& file, const Tokenizer& tokenizer, const Labels& labels, std::int64_t seq_len) {
    Dataset dataset;
    dataset.format = "jsonl labelled";
    dataset.content_hash = file.content_hash;
    for (const LabelledRow& row : file.rows) {
        Example example;
        if (auto problem = labels.take(row.label, example.targets)) {
            file.bad_rows.push_back({row.line, "label", std::move(*problem)});
            continue;
        }
        EncodedTexts texts = encode_texts(tokenizer, row.first, row.second, seq_len);
        if (texts.ids.empty()) {
            file.bad_rows.push_back({row.line, "text", "has no token"});
            continue;
        }
        example.ids = std::move(texts.ids);
        example.second_type = texts.second_type;
        example.cut = texts.cut;
        example.trained.assign(example.ids.size(), 0);
        example.trained.front() = 1;  // one value counts: the label
        example.line = row.line;
        example.group = hash_text(row.first);
        dataset.examples.push_back(std::move(example));
    }
    count_tokens(dataset);
    return dataset;
}

Dataset encode_all(LabelledFile file, const Tokenizer& tokenizer, const Labels& labels, std::int64_t seq_len) {
    Dataset dataset = encode(file, tokenizer, labels, seq_len);
    if (!file.bad_rows.empty()) fail_rows(file);
    return dataset;
}

void count_labels(DataReport& report, const Classifier& classifier, const std::vector<std::vector<float>>& targets) {
    for (const std::string& name : classifier.label_names) report.labels.push_back({name, 0});
    for (const auto& target : targets) {
        if (classifier.problem == Problem::single_label) {
            const auto index = static_cast<std::size_t>(target.front());
            if (index < report.labels.size()) ++report.labels[index].rows;
        }
        if (classifier.problem != Problem::multi_label) continue;
        for (std::size_t i = 0; i < target.size() && i < report.labels.size(); ++i) report.labels[i].rows += target[i] > 0;
    }
}

}  // namespace

Problem problem_of(Task task) {
    switch (task) {
        case Task::classification:
            return Problem::single_label;
        case Task::multi_label:
            return Problem::multi_label;
        case Task::regression:
            return Problem::regression;
        case Task::causal_lm:
            break;
    }
    return Problem::by_labels;
}

EncodedTexts encode_texts(const Tokenizer& tokenizer, const std::string& first,
                          const std::optional<std::string>& second, std::int64_t seq_len) {
    constexpr EncodeOptions as_data{.add_special_tokens = false, .parse_special = false};
    const TextFrame& frame = tokenizer.frame();
    auto a = tokenizer.encode(first, as_data);
    auto b = second ? tokenizer.encode(*second, as_data) : std::vector<std::int32_t>();
    const std::size_t special =
        frame.before.size() + (second ? frame.middle.size() + frame.end.size() : frame.after.size());
    const auto most = static_cast<std::size_t>(seq_len);
    if (special + (second ? 2 : 1) > most)
        fail_input("The length is " + std::to_string(seq_len) +
                   " tokens, and the special tokens around a text leave no room.");
    EncodedTexts result;
    while (a.size() + b.size() + special > most) {
        (a.size() >= b.size() ? a : b).pop_back();
        ++result.cut;
    }
    auto& ids = result.ids;
    const auto append = [&](const std::vector<std::int32_t>& part) {
        ids.insert(ids.end(), part.begin(), part.end());
    };
    append(frame.before);
    append(a);
    if (!second) {
        append(frame.after);
        return result;
    }
    append(frame.middle);
    const std::size_t begin = ids.size();
    append(b);
    append(frame.end);
    if (frame.second_type) result.second_type = static_cast<std::int64_t>(ids.size() - begin);
    return result;
}

DataReport inspect_labelled(const DataRequest& request) {
    LabelledFile file = read_file(request.file);
    std::optional<Classifier> known;
    if (!request.model.empty()) {
        const Architecture architecture = read_architecture(request.model);
        if (architecture.classifier && !architecture.classifier->may_be_absent) known = architecture.classifier;
    }
    const Labels labels(request.task, known, file);
    DataReport report;
    report.format = "jsonl labelled";
    report.trained_on = "the label";
    std::vector<std::vector<float>> targets;
    if (request.model.empty()) {
        for (const LabelledRow& row : file.rows) {
            std::vector<float> target;
            if (auto problem = labels.take(row.label, target))
                file.bad_rows.push_back({row.line, "label", std::move(*problem)});
            else
                targets.push_back(std::move(target));
        }
    } else {
        const auto tokenizer = Tokenizer::load(request.model);
        const Dataset dataset = encode(file, tokenizer.value(), labels, request.seq_len);
        report.tokenized = true;
        for (const Example& example : dataset.examples) {
            const auto length = static_cast<std::int64_t>(example.ids.size()) + example.cut;
            report.total_tokens += length;
            report.truncated_tokens += example.cut;
            report.truncated_rows += example.cut > 0;
            report.longest_row = std::max(report.longest_row, length);
            targets.push_back(example.targets);
        }
        report.trained_tokens = dataset.trained_tokens;
    }
    report.rows = static_cast<std::int64_t>(targets.size());
    count_labels(report, labels.classifier(), targets);
    report.bad_rows = std::move(file.bad_rows);
    std::stable_sort(report.bad_rows.begin(), report.bad_rows.end(),
                     [](const BadRow& a, const BadRow& b) { return a.line < b.line; });
    return report;
}

LabelledData load_labelled(const LabelledFiles& files, const Tokenizer& tokenizer, Task task,
                           const std::optional<Classifier>& known, std::int64_t seq_len) {
    LabelledFile train = read_file(files.train);
    if (!train.bad_rows.empty()) fail_rows(train);
    const Labels labels(task, known, train);
    const std::int64_t least = task == Task::classification ? 2 : 1;
    if (labels.classifier().labels < least)
        fail_input("The data file '" + files.train.string() + "' names fewer than " + std::to_string(least) +
                   " labels, so there is nothing to tell apart. Add rows of other classes, or choose the task regression.");
    LabelledData data{labels.classifier(), {}, {}};
    data.train = encode_all(std::move(train), tokenizer, labels, seq_len);
    if (!files.eval.empty()) data.eval = encode_all(read_file(files.eval), tokenizer, labels, seq_len);
    return data;
}

}  // namespace engine
