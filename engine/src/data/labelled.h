// Texts with labels as examples for a classifier.
//
// One JSON object per line, or a TSV or CSV table (data/delimited.h) whose first line names the same: "text", or two texts as sentence1/sentence2, premise/hypothesis,
// question/sentence, question1/question2 or text/text_pair; and "label": a name or a whole number, a number
// in a regression, with several labels at once a list of names or of one 0 or 1 per label. Special tokens
// come around the texts as the tokenizer's files say; those written in the data stay ordinary text. Rows
// longer than seq_len lose the ends of their texts, the longer one first.
#pragma once

#include "architecture/architecture.h"
#include "data/dataset.h"

#include <engine/experiment_spec.h>

namespace engine {

struct LabelledFiles {
    std::filesystem::path train, eval;  // eval may be empty
};

struct LabelledData {
    Classifier classifier;  // what the labels ask for
    Dataset train, eval;
};

// known: the head that the model has already, whose labels the data must use; empty: the labels are those
// that the training data names, in the order of their names. Failure (bad_input) listing the first bad rows
// as file:line.
LabelledData load_labelled(const LabelledFiles& files, const Tokenizer& tokenizer, Task task,
                           const std::optional<Classifier>& known, std::int64_t seq_len);

// The report of a labelled file: every bad row and how often each label comes; lengths with a tokenizer.
DataReport inspect_labelled(const DataRequest& request);

// A text, or two, as a classifier reads them.
struct EncodedTexts {
    std::vector<std::int32_t> ids;
    std::int64_t second_type = 0;  // this many ids at the end have token type 1
    std::int64_t cut = 0;
};
EncodedTexts encode_texts(const Tokenizer& tokenizer, const std::string& first,
                          const std::optional<std::string>& second, std::int64_t seq_len);

Problem problem_of(Task task);

}  // namespace engine
