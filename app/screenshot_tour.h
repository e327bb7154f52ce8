// Walks through every page at several sizes, light and dark, and saves a picture of each as
// PAGE-WIDTHxHEIGHT-THEME.png. An empty catalog is filled first by training the first experiment at three
// ranks. Ends the event loop when done.
#pragma once

#include "ui/theme/theme.h"

#include <QObject>
#include <QSize>
#include <QString>
#include <QTimer>

#include <vector>

class Application;

class ScreenshotTour : public QObject {
    Q_OBJECT

  public:
    ScreenshotTour(Application& application, const QString& folder);

    void start();
    QString problem() const { return m_problem; }  // one sentence; empty when every picture was saved

  private:
    struct Stop {
        int page;
        QSize size;
        bool dark;
        QString name;
    };

    void train();
    void plan();
    void arrive();
    void shoot();
    void end(const QString& problem);

    Application& m_application;
    QString m_folder;
    ui::Theme::Mode m_modeBefore;  // the person's choice, given back at the end
    std::vector<Stop> m_stops;
    std::size_t m_next = 0;
    QTimer m_timer;
    QString m_problem;
};
