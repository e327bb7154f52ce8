// Chart: pictures and numbers for other programs.
#include "ui/theme/theme.h"
#include "ui/widgets/charts/chart.h"
#include "ui/widgets/charts/nice_ticker.h"

#include <QClipboard>
#include <QFileDialog>
#include <QGuiApplication>
#include <QLabel>
#include <QMimeData>
#include <QSaveFile>
#include <QSvgGenerator>

namespace ui {
namespace {
constexpr int kMargin = 10;
}

// Title and legend, which stand outside of the plot in the window, go above it in a picture.
void Chart::paintPicture(QCPPainter& painter, QSize size) const {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(QRect(QPoint(), size), m_theme.surface());
    int y = kMargin;
    painter.setPen(m_theme.text());
    if (!title().isEmpty()) {
        painter.setFont(m_title->font());
        const int height = QFontMetrics(m_title->font()).height();
        painter.drawText(QRect(kMargin, y, size.width() - 2 * kMargin, height), Qt::AlignLeft, title());
        y += height + 4;
    }
    painter.setFont(font());
    const QFontMetrics metrics(font());
    int x = kMargin;
    for (const LegendEntry& entry : legendEntries()) {
        if (!entry.shown) continue;
        const int width = 28 + metrics.horizontalAdvance(entry.name);
        if (x > kMargin && x + width > size.width() - kMargin) {
            x = kMargin;
            y += metrics.height() + 2;
        }
        drawSeriesSample(painter, QRectF(x, y, 22, metrics.height()), entry.style,
                         m_theme.seriesColor(entry.style.color));
        painter.setPen(m_theme.text());
        painter.drawText(QRect(x + 28, y, width, metrics.height()), Qt::AlignLeft | Qt::AlignVCenter,
                         entry.name);
        x += width + 14;
    }
    y += x > kMargin ? metrics.height() + 4 : 0;
    painter.translate(0, y);
    m_plot->toPainter(&painter, size.width(), size.height() - y);
}

QImage Chart::picture(QSize size, qreal scale) const {
    QImage image(size * scale, QImage::Format_ARGB32_Premultiplied);
    image.setDevicePixelRatio(scale);
    QCPPainter painter(&image);
    painter.setModes(QCPPainter::pmDefault);
    const bool cursor = m_cursorLine->visible();
    m_cursorLine->setVisible(false);
    paintPicture(painter, size);
    m_cursorLine->setVisible(cursor);
    painter.end();
    m_plot->replot(QCustomPlot::rpQueuedReplot);
    return image;
}

bool Chart::writePicture(const QString& path, QString* error) const {
    const QSize size = m_plot->size().expandedTo({640, 400});
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly)) {
        *error = file.errorString();
        return false;
    }
    bool painted = false;
    if (path.endsWith(QLatin1String(".svg"), Qt::CaseInsensitive)) {
        QSvgGenerator svg;
        svg.setOutputDevice(&file);
        svg.setSize(size);
        svg.setViewBox(QRect(QPoint(), size));
        svg.setTitle(title());
        QCPPainter painter;
        painted = painter.begin(&svg);
        if (painted) {
            painter.setMode(QCPPainter::pmVectorized);
            paintPicture(painter, size);
            painter.end();
        }
        m_plot->replot(QCustomPlot::rpQueuedReplot);
    } else {
        painted = picture(size).save(&file, "PNG");
    }
    if (painted && file.commit()) return true;
    *error = file.errorString();
    return false;
}

bool Chart::saveTo(const QString& path, QString* error) const {
    QString reason;
    bool done = false;
    if (path.endsWith(QLatin1String(".csv"), Qt::CaseInsensitive)) {
        QSaveFile file(path);
        done = file.open(QIODevice::WriteOnly) && file.write(csv().toUtf8()) >= 0 && file.commit();
        reason = file.errorString();
    } else {
        done = writePicture(path, &reason);
    }
    if (!done && error)
        *error = tr("The chart was not saved to %1: %2. Choose another folder.").arg(path, reason);
    return done;
}

void Chart::copyPicture() {
    if (!isEmpty()) QGuiApplication::clipboard()->setImage(picture(m_plot->size().expandedTo({640, 400})));
}

void Chart::copyData() {
    QGuiApplication::clipboard()->setText(csv());
}

void Chart::saveInteractively(const QString& suffix) {
    QString name = title().isEmpty() ? tr("chart") : title();
    for (QChar& c : name)
        if (!c.isLetterOrNumber()) c = QLatin1Char('-');
    QString path = QFileDialog::getSaveFileName(this, tr("Save chart"), name + QLatin1Char('.') + suffix,
                                                tr("%1 file (*.%2)").arg(suffix.toUpper(), suffix));
    if (path.isEmpty()) return;
    if (!path.endsWith(QLatin1Char('.') + suffix, Qt::CaseInsensitive)) path += QLatin1Char('.') + suffix;
    if (QString error; !saveTo(path, &error)) Q_EMIT saveFailed(error);
}

}  // namespace ui
