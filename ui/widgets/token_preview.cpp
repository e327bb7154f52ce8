#include "ui/widgets/token_preview.h"

#include "ui/format/units.h"
#include "ui/theme/theme.h"

#include <QTextCursor>

namespace ui {

namespace {

// Beyond this a row is no longer a preview; the rest is counted, not drawn.
constexpr std::size_t mostTokens = 400;

// White space that would break the line is made visible; the tint shows the rest.
QString shown(const engine::PreviewToken& token) {
    QString text = QString::fromStdString(token.text);
    text.replace(QLatin1Char('\n'), QStringLiteral("⏎"));
    text.replace(QLatin1Char('\t'), QStringLiteral("⇥"));
    return text;
}

}  // namespace

TokenPreview::TokenPreview(const Theme& theme, QWidget* parent) : QTextBrowser(parent), m_theme(theme) {
    setObjectName(QStringLiteral("tokenPreview"));
    setAccessibleName(tr("Preview of tokens"));
    setOpenLinks(false);
    setFrameShape(QFrame::NoFrame);
    setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    setTabChangesFocus(true);
    document()->setDocumentMargin(2);
    connect(&theme, &Theme::changed, this, &TokenPreview::render);
}

void TokenPreview::setRows(std::vector<engine::PreviewRow> rows) {
    m_rows = std::move(rows);
    m_hint.clear();
    render();
}

void TokenPreview::setHint(const QString& text) {
    m_rows.clear();
    m_hint = text;
    render();
}

void TokenPreview::render() {
    QPalette ground = palette();
    ground.setColor(QPalette::Base, m_theme.surface());
    setPalette(ground);
    clear();
    QTextCursor cursor(document());
    QTextCharFormat quiet;
    quiet.setForeground(m_theme.secondaryText());
    if (m_rows.empty()) {
        cursor.insertText(m_hint, quiet);
        return;
    }
    QTextBlockFormat block;
    block.setBottomMargin(6);
    block.setLineHeight(128, QTextBlockFormat::ProportionalHeight);
    bool first = true;
    for (const auto& row : m_rows) {
        if (first)
            cursor.setBlockFormat(block);
        else
            cursor.insertBlock(block);
        first = false;
        cursor.insertText(tr("line %1  ").arg(units::count(row.line)), quiet);
        for (std::size_t i = 0; i < row.tokens.size() && i < mostTokens; ++i) {
            const auto& token = row.tokens[i];
            // Two tints in turn show where one token ends.
            const QColor tint = token.trained && !token.cut ? m_theme.accent() : m_theme.secondaryText();
            const double strength =
                token.trained && !token.cut ? (i % 2 ? 0.30 : 0.18) : (i % 2 ? 0.13 : 0.06);
            QTextCharFormat format;
            format.setForeground(token.trained && !token.cut ? m_theme.text() : m_theme.secondaryText());
            format.setBackground(Theme::mix(m_theme.surface(), tint, strength));
            format.setFontStrikeOut(token.cut);
            const QString fate = token.cut ? tr("cut") : token.trained ? tr("trained") : tr("masked");
            format.setToolTip(tr("token %1, %2").arg(token.id).arg(fate));
            cursor.insertText(shown(token), format);
        }
        if (row.cut_tokens > 0)
            cursor.insertText(tr(" (%n token(s) cut)", nullptr, static_cast<int>(row.cut_tokens)), quiet);
        if (!row.label.empty()) {
            QTextCharFormat label;
            label.setForeground(m_theme.text());
            label.setBackground(Theme::mix(m_theme.surface(), m_theme.accent(), 0.30));
            label.setToolTip(tr("the label, which is what is learned"));
            cursor.insertText(QStringLiteral("  →\u00a0"), quiet);  // the label stays beside its arrow
            cursor.insertText(QString::fromStdString(row.label), label);
        }
        if (row.tokens.size() > mostTokens)
            cursor.insertText(
                tr(" … and %n more token(s)", nullptr, static_cast<int>(row.tokens.size() - mostTokens)),
                quiet);
    }
    moveCursor(QTextCursor::Start);
}

}  // namespace ui
