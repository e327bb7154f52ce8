#include "ui/format/english_plurals.h"

#include <QRegularExpression>

namespace ui {

QString EnglishPlurals::translate(const char*, const char* source, const char*, int n) const {
    if (n < 0) return {};  // not a counted sentence: the source as it is
    static const QRegularExpression forms(QStringLiteral("\\((?:([^()|]*)\\|)?([^()|]*)\\)"));
    const QString text = QString::fromUtf8(source);
    QString result;
    qsizetype end = 0;
    for (auto it = forms.globalMatch(text); it.hasNext();) {
        const auto match = it.next();
        result += text.mid(end, match.capturedStart() - end);
        // "(s)" has only the form for many, "(x|ces)" both; other brackets are brackets.
        const bool ending = match.hasCaptured(1) || match.captured(2) == QLatin1String("s");
        result += !ending ? match.captured() : match.captured(n == 1 ? 1 : 2);
        end = match.capturedEnd();
    }
    return result + text.mid(end);
}

}  // namespace ui
