// One page of the window on a data folder of its own, without the window around it; and a catalog filled with
// made-up runs that look like real ones.
#pragma once

#include "support/small_model.h"
#include "ui/bridge/run_bridge.h"
#include "ui/bridge/task_runner.h"
#include "ui/context.h"
#include "ui/navigator.h"
#include "ui/theme/theme.h"

#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QWidget>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

struct SampleRun {
    std::string name = "tiny q,v r8";
    std::int64_t rank = 8;
    std::string targets = "q,v";
    std::int64_t steps = 200;
    double finalLoss = 1.5;
    std::uint64_t seed = 1;
    catalog::RunState state = catalog::RunState::finished;
    bool adapter = true;
    std::string adapterPath;  // a PEFT folder that exists; empty: one that does not
    catalog::Metrics metrics = {};  // of a classifier
    std::int64_t memoryFloor = 0;
    std::string data = {};  // the hash of the file; empty: not known
};

class PageFixture {
  public:
    // train: what the queue calls for each run; most pages never start one.
    explicit PageFixture(workbench::TrainFunction train = {}) {
        support::writeSmallModel(path("resources/models/tiny"));
        QDir().mkpath(path("resources/samples"));
        support::writeSmallData(path("resources/samples/table_to_text.train.jsonl"), 64);
        support::writeSmallData(path("resources/samples/table_to_text.held_out.jsonl"), 8);
        qputenv("LWB_RESOURCES", path("resources").toUtf8());
        const auto paths = workbench::resolve_paths(path("data").toStdString());
        if (!paths) qFatal("%s", paths.error().message.c_str());
        auto opened = workbench::Workbench::open(*paths, std::move(train));
        if (!opened) qFatal("%s", opened.error().message.c_str());
        m_workbench = std::move(opened).value();
        m_settings = std::make_unique<QSettings>(path("window.ini"), QSettings::IniFormat);
        m_theme = std::make_unique<ui::Theme>(*m_settings);
        m_navigator = std::make_unique<ui::Navigator>();
        m_bridge = std::make_unique<ui::RunBridge>();
        m_queue = std::make_unique<workbench::RunQueue>(*m_workbench, m_bridge->listener());
        m_tasks = std::make_unique<ui::TaskRunner>();
        m_context = std::make_unique<ui::AppContext>(
            ui::AppContext{*m_workbench, *m_queue, *m_tasks, *m_bridge, *m_theme, *m_navigator, *m_settings});
    }
    ~PageFixture() {
        m_page.reset();
        m_tasks.reset();
        m_queue.reset();
    }

    QString path(const char* inside) const { return m_folder.filePath(QLatin1String(inside)); }
    const ui::AppContext& context() const { return *m_context; }
    catalog::Catalog& catalog() { return m_workbench->catalog(); }

    template <class Page>
    Page& show(QSize size = {1024, 640}) {
        auto page = std::make_unique<Page>(*m_context);
        Page& shown = *page;
        m_page = std::move(page);
        m_page->resize(size);
        m_page->show();
        if (!QTest::qWaitForWindowActive(m_page.get())) qFatal("the page does not become active");
        return shown;
    }
    void closePage() { m_page.reset(); }
    // A widget, or an action, of the page.
    template <class Object = QWidget>
    Object* find(const QByteArray& name) {
        auto* widget = m_page->findChild<Object*>(QString::fromLatin1(name));
        if (!widget) qFatal("the page has nothing named %s", name.constData());
        return widget;
    }

    engine::ExperimentSpec spec(const SampleRun& sample) {
        engine::ExperimentSpec spec = m_workbench->first_experiment();
        spec.name = sample.name;
        spec.lora.rank = sample.rank;
        spec.lora.alpha = 2.0 * static_cast<double>(sample.rank);
        spec.lora.targets = engine::parse_targets(sample.targets);
        spec.steps = sample.steps;
        spec.seed = sample.seed;
        return spec;
    }

    // Returns the id of the run; its adapter has the same name.
    std::string add(const SampleRun& sample) {
        catalog::RunRecord run;
        run.name = sample.name;
        run.state = sample.state;
        run.spec_json = engine::to_json(spec(sample));
        run.model_ref = "builtin:tiny";
        run.model_name = "tiny";
        run.data_path = "/data/rows.jsonl";
        run.data_hash = sample.data;
        run.method = "lora";
        run.rank = sample.rank;
        run.alpha = 2.0 * static_cast<double>(sample.rank);
        run.targets = sample.targets;
        run.seed = static_cast<std::int64_t>(sample.seed);
        run.trainable_params = sample.rank * 3072;
        run.total_params = 4'100'000;
        const bool ended = sample.state == catalog::RunState::finished;
        run.total_steps = sample.steps;
        run.global_step = ended ? sample.steps : sample.steps / 2;
        run.train_loss = sample.finalLoss * 0.97;
        run.eval_loss = sample.finalLoss;
        run.tokens_per_second = 3'214;
        run.peak_memory_bytes = 412'000'000;
        run.memory_floor_bytes = sample.memoryFloor;
        run.created_at = 1'700'000'000 + 600.0 * m_runs;
        run.started_at = run.created_at + 2;
        run.finished_at = run.started_at + 73;
        run.device = "cpu (2 threads)";
        run.dtype = "f32";
        run.run_dir = path("data/runs/none").toStdString();
        ++m_runs;
        const std::string id = catalog().insert_run(run).id;
        catalog().append_metrics(id, series(sample, run.global_step));
        if (sample.adapter) addAdapter(sample, id, run);
        return id;
    }

  private:
    static std::vector<catalog::MetricSample> series(const SampleRun& sample, std::int64_t steps) {
        std::vector<catalog::MetricSample> samples;
        double smooth = 0, norm = 0;
        for (std::int64_t i = 1; i <= steps; ++i) {
            const double t = static_cast<double>(i) / static_cast<double>(sample.steps);
            const double time = static_cast<double>(i) * 0.3;
            const double wave = std::sin(static_cast<double>(i * 7919 % 1000)) * 0.18;
            const double loss = sample.finalLoss + 2.2 * std::exp(-7 * t) + wave;
            smooth = 0.9 * smooth + 0.1 * loss;
            norm = 0.9 * norm + 0.1;
            const auto add = [&](const char* key, double value) {
                samples.push_back({key, {i, time, value}});
            };
            add("loss", loss);
            add("loss_smooth", smooth / norm);
            add("learning_rate", 2e-4 * std::min(1.0, t / 0.05) * 0.5 * (1 + std::cos(3.14159 * t)));
            add("grad_norm", 0.6 + 2 * std::exp(-5 * t) + std::abs(wave));
            add("tokens_per_second", 3200 + 300 * wave);
            add("rss_bytes", 380e6 + 30e6 * std::min(1.0, t * 8));
            if (i == 1 || i % (sample.steps / 10) == 0)
                add("eval_loss", sample.finalLoss + 2.0 * std::exp(-6.5 * t) + 0.02 * wave);
        }
        for (int layer = 0; layer < 6; ++layer)
            for (const char* kind : {"q", "v"})
                samples.push_back({"delta_norm/" + std::to_string(layer) + "/" + kind,
                                   {steps, 0, 0.3 + 0.15 * layer + (*kind == 'v' ? 0.4 : 0.0)}});
        return samples;
    }

    void addAdapter(const SampleRun& sample, const std::string& runId, const catalog::RunRecord& run) {
        catalog::AdapterRecord adapter;
        adapter.run_id = runId;
        adapter.name = sample.name;
        adapter.path =
            sample.adapterPath.empty() ? path("data/adapters/none").toStdString() : sample.adapterPath;
        adapter.size_bytes = sample.rank * 3072 * 4 + 800;
        adapter.method = "lora";
        adapter.rank = run.rank;
        adapter.alpha = run.alpha;
        adapter.scaling = 2;
        adapter.targets = run.targets;
        adapter.model_ref = run.model_ref;
        adapter.model_name = run.model_name;
        adapter.trainable_params = run.trainable_params;
        adapter.train_loss = run.train_loss;
        adapter.eval_loss = run.eval_loss;
        adapter.metrics = sample.metrics;
        if (!sample.metrics.empty()) adapter.whole_params = 66;
        adapter.step = sample.steps;
        adapter.seed = run.seed;
        adapter.created_at = run.finished_at;
        catalog().insert_adapter(adapter);
    }

    QTemporaryDir m_folder;
    std::unique_ptr<workbench::Workbench> m_workbench;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<ui::Theme> m_theme;
    std::unique_ptr<ui::Navigator> m_navigator;
    std::unique_ptr<ui::RunBridge> m_bridge;
    std::unique_ptr<workbench::RunQueue> m_queue;
    std::unique_ptr<ui::TaskRunner> m_tasks;
    std::unique_ptr<ui::AppContext> m_context;
    std::unique_ptr<QWidget> m_page;
    int m_runs = 0;
};
