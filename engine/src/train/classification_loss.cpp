#include "train/classification_loss.h"

#include "engine/error.h"

namespace engine {

Problem problem_of(const Classifier& classifier, const at::Tensor& labels) {
    if (classifier.problem != Problem::by_labels) return classifier.problem;
    if (classifier.labels == 1) return Problem::regression;
    return labels.scalar_type() == at::kLong ? Problem::single_label : Problem::multi_label;
}

at::Tensor classification_loss(const Classifier& classifier, const at::Tensor& logits, const at::Tensor& labels) {
    const Problem problem = problem_of(classifier, labels);
    if (problem == Problem::single_label) {
        if (labels.scalar_type() != at::kLong || labels.dim() != 1)
            fail_input("The labels are not one whole number per text, which a single-label classifier needs.");
        if (labels.numel() > 0 && (labels.min().item<int64_t>() < 0 || labels.max().item<int64_t>() >= classifier.labels))
            fail_input("A label lies outside 0 to " + std::to_string(classifier.labels - 1) + ", the labels of the model.");
        return at::cross_entropy_loss(logits, labels, {}, at::Reduction::Sum);
    }
    const at::Tensor targets = labels.to(at::kFloat).reshape({labels.size(0), -1});
    if (targets.sizes() != logits.sizes())
        fail_input("The labels have " + std::to_string(targets.size(1)) + " numbers per text, the model gives " +
                   std::to_string(classifier.labels) + ".");
    const at::Tensor each = problem == Problem::regression
                                ? at::mse_loss(logits, targets, at::Reduction::None)
                                : at::binary_cross_entropy_with_logits(logits, targets, {}, {}, at::Reduction::None);
    return each.mean(1).sum();
}

}  // namespace engine
