// The real window on a data folder of its own, with a small model as builtin:tiny and a small sample: what it
// needs is written before, and everything is removed after. Each test function gets a fresh first start.
#pragma once

#include "app/application.h"
#include "engine/events.h"
#include "support/small_model.h"
#include "ui/main_window.h"

#include <QDir>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>

#include <chrono>
#include <memory>
#include <thread>

class WindowFixture {
  public:
    WindowFixture() {
        support::writeSmallModel(path("resources/models/tiny"));
        QDir().mkpath(path("resources/samples"));
        support::writeSmallData(path("resources/samples/table_to_text.train.jsonl"), 64);
        support::writeSmallData(path("resources/samples/table_to_text.held_out.jsonl"), 8);
        qputenv("LWB_RESOURCES", path("resources").toUtf8());
    }
    ~WindowFixture() { close(); }

    QString path(const char* inside) const { return m_folder.filePath(QLatin1String(inside)); }

    // Again after close(): a restart on the same folder.
    void open(workbench::TrainFunction train = {}) {
        auto application = Application::create(path("data").toStdString(), std::move(train));
        if (!application) qFatal("%s", application.error().message.c_str());
        m_application = std::move(application).value();
        window().show();
        if (!QTest::qWaitForWindowActive(&window())) qFatal("the window does not become active");
    }
    void close() { m_application.reset(); }

    Application& application() { return *m_application; }
    ui::MainWindow& window() { return m_application->window(); }
    template <class Widget = QWidget>
    Widget* find(const char* name) {
        auto* widget = window().findChild<Widget*>(QLatin1String(name));
        if (!widget) qFatal("there is no widget named %s", name);
        return widget;
    }

  private:
    QTemporaryDir m_folder;
    std::unique_ptr<Application> m_application;
};

// Stands in for engine::train: as many steps as the spec says, a millisecond each, or until it is stopped;
// writes no adapter worth loading.
inline engine::Result<engine::RunResult> pretendToTrain(const engine::TrainRequest& request,
                                                        engine::RunObserver& observer,
                                                        engine::RunControl& control) {
    engine::RunStarted started;
    started.total_steps = request.spec.steps;
    started.trainable_params = 1;
    started.total_params = 2;
    started.device = "cpu";
    started.dtype = "f32";
    observer.on_event(started);
    engine::RunResult result;
    result.total_steps = request.spec.steps;
    for (int64_t i = 1; i <= request.spec.steps; ++i) {
        control.wait_while_paused();
        if (control.stop_requested()) {
            result.stopped = true;
            break;
        }
        engine::StepMetrics step;
        step.global_step = i;
        step.loss = step.loss_smooth = 4.0 / double(i);
        step.learning_rate = 1e-3;
        step.tokens_per_second = 1000;
        observer.on_event(step);
        result.steps = i;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    result.last = request.run_dir / "last";
    std::filesystem::create_directories(result.last);
    support::writeFile(QString::fromStdString((result.last / "adapter_model.safetensors").string()),
                       QByteArray(16, ' '));
    return result;
}
