#include <catalog/error.h>
#include <catalog/query.h>

#include <charconv>
#include <cmath>

namespace catalog {

namespace {

[[noreturn]] void refuse(const std::string& why, const std::string& advice) {
    throw Error(ErrorCode::bad_query, "The filter was not understood: " + why + ". " + advice);
}

const QueryFieldInfo* find_field(std::string_view name) {
    for (const QueryFieldInfo& info : query_fields())
        if (info.name == name) return &info;
    return nullptr;
}

std::string known_fields() {
    std::string names;
    for (const QueryFieldInfo& info : query_fields())
        names += (names.empty() ? "" : ", ") + std::string(info.name);
    return names;
}

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_operator(char c) {
    return c == ':' || c == '=' || c == '<' || c == '>';
}
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// 8, 0.5, 1e-3, 2M
double number_from(const std::string& text, std::string_view field) {
    double number = 0.0;
    const char* const end = text.data() + text.size();
    auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc() && rest + 1 == end) {
        const char unit = *rest++;
        if (unit == 'k' || unit == 'K')
            number *= 1e3;
        else if (unit == 'M')
            number *= 1e6;
        else if (unit == 'G')
            number *= 1e9;
        else
            --rest;
    }
    if (error != std::errc() || rest != end || !std::isfinite(number))
        refuse("'" + text + "' is no number for '" + std::string(field) + "'",
               "Write for example " + std::string(field) + ":8.");
    return number;
}

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    std::vector<QueryTerm> parse() {
        std::vector<QueryTerm> terms;
        for (skip_blanks(); !at_end(); skip_blanks()) terms.push_back(term());
        return terms;
    }

  private:
    bool at_end() const { return position_ >= text_.size(); }
    char peek() const { return at_end() ? '\0' : text_[position_]; }
    void skip_blanks() {
        while (!at_end() && is_blank(text_[position_])) ++position_;
    }

    QueryTerm term() {
        QueryTerm term;
        if (peek() == '-' && position_ + 1 < text_.size() && !is_blank(text_[position_ + 1])) {
            term.negated = true;
            ++position_;
        }
        const std::size_t begin = position_;
        while (!at_end() && is_letter(peek())) ++position_;
        const std::string_view name = text_.substr(begin, position_ - begin);
        const std::size_t behind_name = position_;
        skip_blanks();
        // "loss < 2" is a condition, but a blank and an operator behind any other word are just text.
        if (!name.empty() && is_operator(peek()) && (position_ == behind_name || find_field(name))) {
            condition(name, term);
        } else {
            position_ = begin;
            term.values = {value("")};
        }
        return term;
    }

    void condition(std::string_view name, QueryTerm& term) {
        term.op = read_operator();
        skip_blanks();
        if (name == "is") {
            const std::string what = value(",");
            if (what != "starred" || term.op == QueryOperator::less || term.op == QueryOperator::greater)
                refuse("'is' does not know '" + what + "'", "Known is is:starred.");
            term.field = QueryField::starred;
            term.values = {what};
            return;
        }
        const QueryFieldInfo* info = find_field(name);
        if (!info)
            refuse("there is no field '" + std::string(name) + "'",
                   "Known are " + known_fields() +
                       "; put quotes around the word to search for it as it stands.");
        term.field = info->field;
        read_values(*info, term);
    }

    QueryOperator read_operator() {
        const char first = text_[position_++];
        const bool with_equal = (first == '<' || first == '>') && peek() == '=';
        if (with_equal) ++position_;
        switch (first) {
            case '<':
                return with_equal ? QueryOperator::less_equal : QueryOperator::less;
            case '>':
                return with_equal ? QueryOperator::greater_equal : QueryOperator::greater;
            case '=':
                return QueryOperator::equal;
            default:
                return QueryOperator::contains;
        }
    }

    void read_values(const QueryFieldInfo& info, QueryTerm& term) {
        const std::string name(info.name);
        const bool compares = term.op != QueryOperator::contains && term.op != QueryOperator::equal;
        if (compares && !info.numeric)
            refuse("'" + name + "' is text and has no order", "Use " + name + ":word or " + name + "=word.");
        do {
            term.values.push_back(value(","));
            if (term.values.back().empty())
                refuse("'" + name + "' has no value",
                       "Write for example " + name + (info.numeric ? ":8." : ":word."));
            if (info.numeric) term.numbers.push_back(number_from(term.values.back(), info.name));
        } while (peek() == ',' && ++position_);
        if (compares && term.values.size() > 1)
            refuse("'" + name + "' is compared with more than one value", "Give one value behind < or >.");
        if (info.numeric && term.op == QueryOperator::contains) term.op = QueryOperator::equal;
    }

    // Up to a blank or one of these; quoted parts are taken whole.
    std::string value(std::string_view ends) {
        std::string result;
        bool quoted = false;
        for (; !at_end(); ++position_) {
            const char c = text_[position_];
            if (c == '"')
                quoted = !quoted;
            else if (!quoted && (is_blank(c) || ends.find(c) != std::string_view::npos))
                break;
            else
                result += c;
        }
        if (quoted) refuse("a quote is opened and not closed", "Close it with \".");
        return result;
    }

    std::string_view text_;
    std::size_t position_ = 0;
};

}  // namespace

std::vector<QueryTerm> parse_query(std::string_view text) {
    return Parser(text).parse();
}

const std::vector<QueryFieldInfo>& query_fields() {
    static const std::vector<QueryFieldInfo> fields = {
        {"rank", "rank r", QueryField::rank, true},
        {"alpha", "LoRA alpha", QueryField::alpha, true},
        {"model", "name or folder of the base model", QueryField::model, false},
        {"method", "adaptation method", QueryField::method, false},
        {"target", "adapted matrices, all of those named", QueryField::target, false},
        {"targets", "adapted matrices, all of those named", QueryField::target, false},
        {"tag", "a tag", QueryField::tag, false},
        {"name", "name of the adapter", QueryField::name, false},
        {"id", "id of the adapter", QueryField::id, false},
        {"loss", "evaluation loss, or training loss where there was no evaluation", QueryField::loss, true},
        {"score", "main figure of a classifier: its accuracy, or the correlation of a regression",
         QueryField::score, true},
        {"params", "trainable parameters", QueryField::params, true},
        {"seed", "seed of the run", QueryField::seed, true},
        {"step", "optimiser step at which it was saved", QueryField::step, true},
        {"is", "is:starred", QueryField::starred, false},
    };
    return fields;
}

}  // namespace catalog
