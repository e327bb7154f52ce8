// ExperimentSpec as JSON. Every field is listed once, in visit(); writing and reading both walk that list, so
// they cannot disagree.
#include "io/json.h"
#include "spec/attempt.h"

#include <engine/experiment_spec.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace engine {
namespace {

template <class Spec, class Visitor>
void visit(Spec& s, Visitor&& field) {
    field("name", s.name);
    field("model", s.model);
    field("method", s.method);
    field("from_scratch", s.from_scratch);
    field.object("lora", [&](auto&& in) {
        in("rank", s.lora.rank);
        in("alpha", s.lora.alpha);
        in("dropout", s.lora.dropout);
        in("use_rslora", s.lora.use_rslora);
        in.unless_default("use_dora", s.lora.use_dora, false);
        in.unless_default("bias", s.lora.bias, TrainBias::none);
        in.unless_default("modules_to_save", s.lora.modules_to_save, std::vector<std::string>());
        in("targets", s.lora.targets);
    });
    field.object("data", [&](auto&& in) {
        in("train_path", s.data.train_path);
        in("eval_path", s.data.eval_path);
        in("held_out", s.data.held_out);
        in("prompt_template", s.data.prompt_template);
        in.unless_empty("chat_template", s.data.chat_template);
        in("seq_len", s.data.seq_len);
    });
    field.object("optimizer", [&](auto&& in) {
        in("learning_rate", s.optimizer.learning_rate);
        in("weight_decay", s.optimizer.weight_decay);
        in("beta1", s.optimizer.beta1);
        in("beta2", s.optimizer.beta2);
        in("epsilon", s.optimizer.epsilon);
        in("max_grad_norm", s.optimizer.max_grad_norm);
        in("schedule", s.optimizer.schedule);
        in("warmup", s.optimizer.warmup);
    });
    field("epochs", s.epochs);
    field("steps", s.steps);
    field("batch_size", s.batch_size);
    field("grad_accum", s.grad_accum);
    field("eval_interval", s.eval_interval);
    field("log_interval", s.log_interval);
    field("checkpoint_interval", s.checkpoint_interval);
    field("seed", s.seed);
    field("precision", s.precision);
    field("device", s.device);
    field.unless_default("task", s.task, Task::causal_lm);
    field.unless_default("base_type", s.base_type, BaseType::as_computed);
    field.unless_default("recompute_layers", s.recompute_layers, recompute_as_needed);
}

class Writer {
  public:
    explicit Writer(Json& out) : out_(out) {}
    template <class T>
    void operator()(const char* key, const T& value) {
        if constexpr (std::is_enum_v<T>)
            out_[key] = name_of(value);
        else
            out_[key] = value;
    }
    // Fields that came later are left out at their default: what was written before them stays the same text, by which
    // a saved run is recognised.
    template <class T>
    void unless_default(const char* key, const T& value, const T& usual) {
        if (value != usual) (*this)(key, value);
    }
    // A field that came later: left out where it says nothing, so that an older run's text stays what it was.
    void unless_empty(const char* key, const std::string& value) {
        if (!value.empty()) out_[key] = value;
    }
    template <class Inner>
    void object(const char* key, Inner&& inner) {
        Json child = Json::object();
        inner(Writer(child));
        out_[key] = std::move(child);
    }

  private:
    Json& out_;
};

class Reader {
  public:
    Reader(const Json& in, std::string path, std::set<std::string>& known)
        : in_(in), path_(std::move(path)), known_(known) {}

    template <class T>
    void operator()(const char* key, T& value) {
        known_.insert(path_ + key);
        const auto it = in_.find(key);
        if (it != in_.end()) read(path_ + key, *it, value);
    }
    template <class T>
    void unless_default(const char* key, T& value, const T&) {
        (*this)(key, value);
    }
    void unless_empty(const char* key, std::string& value) { (*this)(key, value); }
    template <class Inner>
    void object(const char* key, Inner&& inner) {
        known_.insert(path_ + key);
        const auto it = in_.find(key);
        if (it == in_.end()) return;
        if (!it->is_object()) wrong(path_ + key, *it, "an object");
        inner(Reader(*it, path_ + key + ".", known_));
        refuse_unknown(*it, path_ + key + ".", known_);
    }
    static void refuse_unknown(const Json& object, const std::string& path,
                               const std::set<std::string>& known) {
        for (const auto& [key, value] : object.items())
            if (!known.contains(path + key))
                fail_input("The experiment has an unknown field \"" + path + key.substr(0, 80) +
                           "\". Correct its name or remove it.");
    }

  private:
    [[noreturn]] static void wrong(const std::string& key, const Json& value, const std::string& expected) {
        fail_input("\"" + key + "\" of the experiment is " + dump_json(value, -1).substr(0, 60) +
                   "; it must be " + expected + ".");
    }
    static void read(const std::string& key, const Json& in, std::string& value) {
        if (!in.is_string()) wrong(key, in, "a text");
        value = in.get<std::string>();
    }
    static void read(const std::string& key, const Json& in, bool& value) {
        if (!in.is_boolean()) wrong(key, in, "true or false");
        value = in.get<bool>();
    }
    static void read(const std::string& key, const Json& in, double& value) {
        if (!in.is_number()) wrong(key, in, "a number");
        value = in.get<double>();
    }
    static void read(const std::string& key, const Json& in, std::int64_t& value) {
        if (!in.is_number_integer() ||
            (in.is_number_unsigned() && in.get<std::uint64_t>() > std::uint64_t{INT64_MAX}))
            wrong(key, in, "a whole number");
        value = in.get<std::int64_t>();
    }
    static void read(const std::string& key, const Json& in, std::uint64_t& value) {
        if (!in.is_number_integer() || (!in.is_number_unsigned() && in.get<std::int64_t>() < 0))
            wrong(key, in, "a whole number that is not negative");
        value = in.get<std::uint64_t>();
    }
    static void read(const std::string& key, const Json& in, TargetMap& value) {
        const std::string rule =
            "an object of matrix kinds with lists of layers, such as {\"q\": [], \"v\": [0, 1]}";
        if (!in.is_object()) wrong(key, in, rule);
        value.clear();
        for (const auto& [kind, layers] : in.items()) {
            if (!layers.is_array()) wrong(key, in, rule);
            std::vector<int>& list = value[kind];
            for (const Json& layer : layers) {
                if (!layer.is_number_integer() || layer.get<std::int64_t>() < 0 ||
                    layer.get<std::int64_t>() > 9999)
                    wrong(key, in, rule);
                list.push_back(layer.get<int>());
            }
        }
    }
    static void read(const std::string& key, const Json& in, std::vector<std::string>& value) {
        const auto is_text = [](const Json& entry) { return entry.is_string(); };
        if (!in.is_array() || !std::all_of(in.begin(), in.end(), is_text)) wrong(key, in, "a list of texts");
        value = in.get<std::vector<std::string>>();
    }
    static void read(const std::string& key, const Json& in, TrainBias& value) {
        std::string name;
        read(key, in, name);
        value = train_bias_from(name);
    }
    static void read(const std::string& key, const Json& in, Method& value) {
        read_enum(key, in, value, method_from);
    }
    static void read(const std::string& key, const Json& in, Task& value) {
        read_enum(key, in, value, task_from);
    }
    static void read(const std::string& key, const Json& in, Schedule& value) {
        read_enum(key, in, value, schedule_from);
    }
    static void read(const std::string& key, const Json& in, Precision& value) {
        read_enum(key, in, value, training_precision_from);
    }
    static void read(const std::string& key, const Json& in, BaseType& value) {
        read_enum(key, in, value, base_type_from);
    }
    template <class Enum, class From>
    static void read_enum(const std::string& key, const Json& in, Enum& value, From from) {
        std::string name;
        read(key, in, name);
        value = from(name).value();
    }

    const Json& in_;
    std::string path_;
    std::set<std::string>& known_;
};

}  // namespace

std::string to_json(const ExperimentSpec& spec, int indent) {
    Json out = Json::object();
    visit(spec, Writer(out));
    return dump_json(out, indent);
}

Result<ExperimentSpec> spec_from_json(const std::string& text) {
    return attempt([&] {
        const Json in = parse_json(text, "The experiment");
        if (!in.is_object())
            fail_input("The experiment is no JSON object. Write {\"model\": ..., \"data\": {...}}.");
        ExperimentSpec spec;
        std::set<std::string> known;
        visit(spec, Reader(in, "", known));
        Reader::refuse_unknown(in, "", known);
        return spec;
    });
}

const char* name_of(Method method) {
    return method == Method::lora ? "lora" : "full";
}

const char* name_of(Task task) {
    switch (task) {
        case Task::causal_lm:
            return "causal_lm";
        case Task::classification:
            return "classification";
        case Task::multi_label:
            return "multi_label";
        case Task::regression:
            return "regression";
    }
    return "";
}

const char* name_of(Schedule schedule) {
    switch (schedule) {
        case Schedule::constant:
            return "constant";
        case Schedule::linear:
            return "linear";
        case Schedule::cosine:
            return "cosine";
    }
    return "linear";
}

const char* name_of(Precision precision) {
    if (precision == Precision::automatic) return "auto";
    return precision == Precision::f32 ? "f32" : "bf16";
}

const char* name_of(BaseType type) {
    switch (type) {
        case BaseType::as_computed:
            return "as_computed";
        case BaseType::int8:
            return "int8";
        case BaseType::nf4:
            return "nf4";
    }
    return "as_computed";
}

Result<BaseType> base_type_from(const std::string& name) {
    for (const BaseType type : {BaseType::as_computed, BaseType::int8, BaseType::nf4})
        if (name == name_of(type)) return type;
    return Error{ErrorCode::bad_input,
                 "There is no type \"" + name + "\" for the frozen base. Choose as_computed, int8 or nf4.",
                 {}};
}

Result<Method> method_from(const std::string& name) {
    if (name == "lora") return Method::lora;
    if (name == "full") return Method::full;
    return Error{ErrorCode::bad_input, "There is no method \"" + name + "\". Choose lora or full.", {}};
}

Result<Task> task_from(const std::string& name) {
    for (const Task task : {Task::causal_lm, Task::classification, Task::multi_label, Task::regression})
        if (name == name_of(task)) return task;
    return Error{ErrorCode::bad_input,
                 "There is no task \"" + name + "\". Choose causal_lm, classification, multi_label or regression.",
                 {}};
}

Result<Schedule> schedule_from(const std::string& name) {
    if (name == "constant") return Schedule::constant;
    if (name == "linear") return Schedule::linear;
    if (name == "cosine") return Schedule::cosine;
    return Error{ErrorCode::bad_input,
                 "There is no schedule \"" + name + "\". Choose constant, linear or cosine.",
                 {}};
}

Result<Precision> precision_from(const std::string& name) {
    if (name == "f32" || name == "fp32" || name == "float32") return Precision::f32;
    if (name == "bf16" || name == "bfloat16") return Precision::bf16;
    return Error{ErrorCode::bad_input, "There is no precision \"" + name + "\". Choose f32 or bf16.", {}};
}

Result<Precision> training_precision_from(const std::string& name) {
    if (name == "auto") return Precision::automatic;
    if (const auto precision = precision_from(name)) return precision;
    return Error{ErrorCode::bad_input, "There is no precision \"" + name + "\". Choose f32, bf16 or auto.", {}};
}

}  // namespace engine
