#include "adapter_filter_table.h"

#include "id_table.h"

namespace catalog {

namespace {

const char* numeric_column(QueryField field) {
    switch (field) {
        case QueryField::rank:
            return "rank";
        case QueryField::alpha:
            return "alpha";
        case QueryField::loss:
            return "COALESCE(eval_loss, train_loss)";
        case QueryField::score:
            return "score";
        case QueryField::params:
            return "trainable_params";
        case QueryField::seed:
            return "seed";
        default:
            return "step";
    }
}

const char* symbol(QueryOperator op) {
    switch (op) {
        case QueryOperator::less:
            return " < ?";
        case QueryOperator::greater:
            return " > ?";
        case QueryOperator::less_equal:
            return " <= ?";
        case QueryOperator::greater_equal:
            return " >= ?";
        default:
            return " = ?";
    }
}

// Where a text is looked for: one or more columns.
std::string text_column(QueryField field) {
    switch (field) {
        case QueryField::name:
            return "name";
        case QueryField::method:
            return "method";
        case QueryField::id:
            return "id";
        case QueryField::model:
            return "(model_name || ' ' || model_ref)";
        default:
            return "(name || ' ' || notes || ' ' || model_name || ' ' || model_ref || ' ' || method || ' ' "
                   "|| id)";
    }
}

class Builder {
  public:
    void add(const QueryTerm& term) {
        condition_.sql += term.negated ? " AND NOT COALESCE(" : " AND (";
        if (!term.numbers.empty())
            add_numbers(term);
        else if (term.field == QueryField::starred)
            condition_.sql += "starred = 1";
        else if (term.field == QueryField::target)
            add_targets(term);
        else
            add_texts(term);
        // What is unknown (no loss yet) does not match; turned round, it does.
        condition_.sql += term.negated ? ", 0)" : ")";
    }

    AdapterCondition take() { return std::move(condition_); }

  private:
    template <class Value>
    void bind(Value&& value) {
        condition_.values.emplace_back(std::forward<Value>(value));
    }

    void add_numbers(const QueryTerm& term) {
        for (std::size_t i = 0; i < term.numbers.size(); ++i) {
            condition_.sql += std::string(i ? " OR " : "") + numeric_column(term.field) + symbol(term.op);
            bind(term.numbers[i]);
        }
    }

    void add_targets(const QueryTerm& term) {
        std::string all;
        for (std::size_t i = 0; i < term.values.size(); ++i) {
            const std::string& value = term.values[i];
            all += (i ? "," : "") + value;
            if (term.op == QueryOperator::equal) continue;
            condition_.sql += std::string(i ? " AND " : "") +
                              "(',' || replace(targets, ' ', '') || ',') LIKE ? ESCAPE '\\'";
            bind(like_pattern("," + value + ","));
        }
        if (term.op != QueryOperator::equal) return;
        condition_.sql += "replace(targets, ' ', '') = ? COLLATE NOCASE";
        bind(all);
    }

    void add_texts(const QueryTerm& term) {
        for (std::size_t i = 0; i < term.values.size(); ++i) {
            if (i) condition_.sql += " OR ";
            add_text(term.field, term.op, term.values[i]);
        }
    }

    void add_text(QueryField field, QueryOperator op, const std::string& value) {
        if (field == QueryField::tag) {
            condition_.sql += "id IN (SELECT adapter_id FROM adapter_tags WHERE tag = ?)";
            bind(value);
        } else if (op == QueryOperator::contains) {
            condition_.sql += text_column(field) + " LIKE ? ESCAPE '\\'";
            bind(like_pattern(value));
            if (field != QueryField::words) return;
            condition_.sql += " OR id IN (SELECT adapter_id FROM adapter_tags WHERE tag LIKE ? ESCAPE '\\')";
            bind(like_pattern(value));
        } else if (field == QueryField::model) {
            condition_.sql += "model_name = ? OR model_ref = ?";
            bind(value);
            bind(value);
        } else {
            condition_.sql += text_column(field) + " = ? COLLATE NOCASE";
            bind(value);
        }
    }

    AdapterCondition condition_{"true", {}};
};

}  // namespace

AdapterCondition adapter_condition(const std::vector<QueryTerm>& terms) {
    Builder builder;
    for (const QueryTerm& term : terms) builder.add(term);
    return builder.take();
}

}  // namespace catalog
