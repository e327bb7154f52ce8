#include "ui/widgets/verdict_card.h"

#include "ui/format/units.h"
#include "ui/theme/theme.h"

#include <QClipboard>
#include <QDesktopServices>
#include <QFormLayout>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QUrl>

namespace ui {

VerdictCard::VerdictCard(const Theme& theme, QWidget* parent)
    : Card(theme, tr("Verdict"), parent), m_theme(theme), m_content(new QWidget(this)) {
    auto* explanation =
        makeHint(theme,
                 tr("After an export the files are read again and compared with base model + adapter on "
                    "fixed prompts. The verdict stands here, in the catalog and beside the files."),
                 this);
    explanation->setWordWrap(true);
    m_explanation = explanation;
    m_icon = new QLabel(m_content);
    m_icon->setFixedSize(28, 28);
    m_headline = new QLabel(m_content);
    m_headline->setObjectName(QStringLiteral("verdictHeadline"));
    QFont large = font();
    large.setPointSizeF(large.pointSizeF() * 1.25);
    large.setWeight(QFont::DemiBold);
    m_headline->setFont(large);
    m_sentence = new QLabel(m_content);
    m_sentence->setObjectName(QStringLiteral("verdictSentence"));
    m_sentence->setWordWrap(true);

    auto* head = new QHBoxLayout;
    head->setSpacing(8);
    head->addWidget(m_icon);
    head->addWidget(m_headline, 1);
    m_form = new QFormLayout;
    m_form->setHorizontalSpacing(12);
    m_form->setVerticalSpacing(4);
    m_difference = addRow(tr("Largest difference"), "verdictDifference");
    m_tensors = addRow(tr("Tensors"), "verdictTensors");
    m_size = addRow(tr("Size"), "verdictSize");
    m_path = addRow(tr("Folder"), "verdictPath");
    m_difference->setToolTip(
        tr("Largest absolute difference of logits between what was written and base + adapter"));

    m_open = new QToolButton(m_content);
    m_open->setText(tr("Open folder"));
    m_open->setObjectName(QStringLiteral("openExportFolder"));
    m_copy = new QToolButton(m_content);
    m_copy->setText(tr("Copy path"));
    m_copy->setObjectName(QStringLiteral("copyExportPath"));
    connect(m_open, &QToolButton::clicked, this,
            [this] { QDesktopServices::openUrl(QUrl::fromLocalFile(m_verdict.path)); });
    connect(m_copy, &QToolButton::clicked, this,
            [this] { QGuiApplication::clipboard()->setText(m_verdict.path); });
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_open);
    buttons->addWidget(m_copy);
    buttons->addStretch(1);

    auto* all = new QVBoxLayout(m_content);
    all->setContentsMargins(0, 0, 0, 0);
    all->setSpacing(8);
    all->addLayout(head);
    all->addWidget(m_sentence);
    all->addLayout(m_form);
    all->addLayout(buttons);
    body().addWidget(m_explanation);
    body().addWidget(m_content);
    connect(&theme, &Theme::changed, this, &VerdictCard::restyle);
    clear();
}

QLabel* VerdictCard::addRow(const QString& caption, const char* name) {
    auto* value = new QLabel(m_content);
    value->setObjectName(QString::fromLatin1(name));
    value->setTextInteractionFlags(Qt::TextSelectableByMouse);
    value->setWordWrap(true);
    m_form->addRow(makeHint(m_theme, caption, m_content), value);
    return value;
}

void VerdictCard::clear() {
    m_shown = false;
    m_explanation->show();
    m_content->hide();
}

void VerdictCard::setVerdict(const Verdict& verdict) {
    m_verdict = verdict;
    m_shown = true;
    m_headline->setText(verdict.passed ? tr("Passed") : tr("Not passed"));
    m_sentence->setText(verdict.sentence);
    m_sentence->setVisible(!verdict.sentence.isEmpty());
    m_difference->setText(verdict.tolerance ? tr("%1, allowed are %2")
                                                  .arg(units::number(verdict.maxAbsDiff, 3),
                                                       units::number(*verdict.tolerance, 3))
                                            : units::number(verdict.maxAbsDiff, 3));
    m_tensors->setText(tr("%1 matched, %2 missing, %3 unexpected")
                           .arg(units::count(verdict.matched), units::count(verdict.missing),
                                units::count(verdict.unexpected)));
    m_size->setText(units::bytes(verdict.bytes));
    // Break opportunities, so that a long path wraps.
    m_path->setText(QString(verdict.path).replace(QLatin1Char('/'), QStringLiteral("/\u200b")));
    m_explanation->hide();
    m_content->show();
    restyle();
}

void VerdictCard::restyle() {
    if (!m_shown) return;
    const QColor color = m_verdict.passed ? m_theme.success() : m_theme.danger();
    const QString icon = m_verdict.passed ? QStringLiteral("check") : QStringLiteral("warning");
    m_icon->setPixmap(m_theme.icon(icon, color).pixmap(QSize(28, 28), devicePixelRatioF()));
    QPalette colors = m_headline->palette();
    colors.setColor(QPalette::WindowText, color);
    m_headline->setPalette(colors);
}

}  // namespace ui
