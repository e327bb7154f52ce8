// English as it is written in the sources, with its plurals: "%n row(s)" becomes "1 row" and "2 rows",
// "matri(x|ces)" becomes "matrix" and "matrices". Installed below every real translation, so it answers only
// where none does.
#pragma once

#include <QTranslator>

namespace ui {

class EnglishPlurals : public QTranslator {
    Q_OBJECT

  public:
    using QTranslator::QTranslator;

    bool isEmpty() const override { return false; }
    QString translate(const char* context, const char* source, const char* disambiguation,
                      int n) const override;
};

}  // namespace ui
