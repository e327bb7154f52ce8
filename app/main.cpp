// lora-workbench: the window.
#include "app/application.h"
#include "app/screenshot_tour.h"
#include "engine/runtime.h"
#include "ui/main_window.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QMessageBox>

#include <cstdio>
#include <string_view>

namespace {

int fail(const QString& sentence, bool window) {
    std::fprintf(stderr, "lora-workbench: %s\n", qPrintable(sentence));
    if (window) QMessageBox::critical(nullptr, QApplication::translate("main", "LoRA Workbench"), sentence);
    return 3;
}

}  // namespace

int main(int argc, char** argv) {
    engine::restart_with_sleeping_threads(argv);
    engine::initialize_runtime();
    // Pictures need no display.
    for (int i = 1; i < argc; ++i)
        if (std::string_view(argv[i]).starts_with("--screenshots") &&
            !qEnvironmentVariableIsSet("QT_QPA_PLATFORM"))
            qputenv("QT_QPA_PLATFORM", "offscreen");

    QApplication qt(argc, argv);
    QApplication::setApplicationName(QStringLiteral("lora-workbench"));
    QApplication::setApplicationVersion(QString::fromStdString(engine::runtime_info().program_version));
    QApplication::setDesktopFileName(QStringLiteral("lora-workbench"));

    QCommandLineParser parser;
    parser.setApplicationDescription(
        QApplication::translate("main", "LoRA experiments on your own machine."));
    parser.addHelpOption();
    parser.addVersionOption();
    const QCommandLineOption dataDir(
        QStringLiteral("data-dir"),
        QApplication::translate("main", "Keep the catalog and all runs in this folder (also LWB_DATA_DIR)."),
        QStringLiteral("DIR"));
    const QCommandLineOption screenshots(
        QStringLiteral("screenshots"),
        QApplication::translate(
            "main",
            "Save a picture of every page in this folder, light and dark, and end. Trains the first "
            "experiment at three ranks when the catalog is empty."),
        QStringLiteral("DIR"));
    parser.addOption(dataDir);
    parser.addOption(screenshots);
    parser.process(qt);

    const auto application = Application::create(parser.value(dataDir).toStdString());
    const bool tour = parser.isSet(screenshots);
    if (!application) return fail(QString::fromStdString(application.error().message), !tour);
    ui::MainWindow& window = (*application)->window();
    window.show();
    if (!tour) return QApplication::exec();

    ScreenshotTour pictures(**application, parser.value(screenshots));
    pictures.start();
    const int code = QApplication::exec();
    return pictures.problem().isEmpty() ? code : fail(pictures.problem(), false);
}
