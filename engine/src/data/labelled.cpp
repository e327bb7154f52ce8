#include "data/labelled.h"

#include "data/labelled_rows.h"
#include "data/preview.h"
#include "data/seeded.h"

#include <engine/error.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

namespace engine {
namespace {

constexpr std::int64_t most_labels = 100'000;

// The labels of the rows, as numbers for the loss.
class Labels {
  public:
    Labels(Task task, const std::optional<Classifier>& known, const LabelledRows& train) : task_(task) {
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

    void learn(const LabelledRows& file) {
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
Dataset encode(LabelledRows& file, const Tokenizer& tokenizer, const Labels& labels, std::int64_t seq_len) {
    Dataset dataset;
    dataset.format = file.format;
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

Dataset encode_all(LabelledRows file, const Tokenizer& tokenizer, const Labels& labels,
                   std::int64_t seq_len) {
    Dataset dataset = encode(file, tokenizer, labels, seq_len);
    if (!file.bad_rows.empty()) fail_labelled_rows(file);
    return dataset;
}

std::string name_of_label(const Classifier& classifier, std::size_t index) {
    return index < classifier.label_names.size() ? classifier.label_names[index]
                                                 : "LABEL_" + std::to_string(index);
}

void count_labels(DataReport& report, const Classifier& classifier,
                  const std::vector<std::vector<float>>& targets) {
    if (classifier.problem == Problem::regression) {
        if (targets.empty()) return;
        auto& range =
            report.label_range.emplace(LabelRange{targets.front().front(), targets.front().front(), 0});
        for (const auto& target : targets) {
            const double value = target.front();
            range.least = std::min(range.least, value);
            range.most = std::max(range.most, value);
            range.mean += value / static_cast<double>(targets.size());
        }
        return;
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(classifier.labels); ++i)
        report.labels.push_back({name_of_label(classifier, i), 0});
    for (const auto& target : targets) {
        if (classifier.problem == Problem::single_label) {
            ++report.labels[static_cast<std::size_t>(target.front())].rows;
            continue;
        }
        for (std::size_t i = 0; i < target.size(); ++i) report.labels[i].rows += target[i] > 0;
    }
}

std::string label_text(const Classifier& classifier, const std::vector<float>& target) {
    if (classifier.problem == Problem::regression) {
        char text[32];
        std::snprintf(text, sizeof text, "%.6g", static_cast<double>(target.front()));
        return text;
    }
    if (classifier.problem == Problem::single_label)
        return name_of_label(classifier, static_cast<std::size_t>(target.front()));
    std::string names;
    for (std::size_t i = 0; i < target.size(); ++i)
        if (target[i] > 0) names += (names.empty() ? "" : ", ") + name_of_label(classifier, i);
    return names.empty() ? "none" : names;
}

PreviewRow preview_of(const Example& example, const Tokenizer& tokenizer, const Classifier& classifier) {
    PreviewRow preview;
    preview.line = example.line;
    preview.label = label_text(classifier, example.targets);
    preview.cut_tokens = example.cut;
    for (const std::int32_t id : example.ids) {
        if (static_cast<std::int64_t>(preview.tokens.size()) == most_preview_tokens) break;
        preview.tokens.push_back({id, preview_text(tokenizer, id), false, false});
    }
    return preview;
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
    LabelledRows file = read_labelled_rows(request.file);
    std::optional<Classifier> known;
    if (!request.model.empty()) {
        const Architecture architecture = read_architecture(request.model);
        if (architecture.classifier && !architecture.classifier->may_be_absent)
            known = architecture.classifier;
    }
    const Labels labels(request.task, known, file);
    DataReport report;
    report.format = file.format;
    report.trained_on = "the label";
    report.labels_suit = task_of_labels(file);
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
        std::vector<std::int64_t> lengths;
        for (const Example& example : dataset.examples) {
            const auto length = static_cast<std::int64_t>(example.ids.size()) + example.cut;
            report.total_tokens += length;
            report.truncated_tokens += example.cut;
            report.truncated_rows += example.cut > 0;
            report.longest_row = std::max(report.longest_row, length);
            lengths.push_back(length);
            targets.push_back(example.targets);
            if (static_cast<std::int64_t>(report.preview.size()) < request.preview_rows)
                report.preview.push_back(preview_of(example, tokenizer.value(), labels.classifier()));
        }
        report.trained_tokens = dataset.trained_tokens;
        report.length_histogram = histogram_of(lengths);
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
    LabelledRows train = read_labelled_rows(files.train);
    if (!train.bad_rows.empty()) fail_labelled_rows(train);
    const Labels labels(task, known, train);
    const std::int64_t least = task == Task::classification ? 2 : 1;
    if (labels.classifier().labels < least)
        fail_input("The data file '" + files.train.string() + "' names fewer than " + std::to_string(least) +
                   " labels, so there is nothing to tell apart. Add rows of other classes, or choose the "
                   "task regression.");
    LabelledData data{labels.classifier(), {}, {}};
    data.train = encode_all(std::move(train), tokenizer, labels, seq_len);
    if (!files.eval.empty())
        data.eval = encode_all(read_labelled_rows(files.eval), tokenizer, labels, seq_len);
    return data;
}

}  // namespace engine
