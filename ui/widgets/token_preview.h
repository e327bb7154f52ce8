// A few rows as the model will see them, token by token: grey is masked, tinted is trained, struck out is
// cut; a label stands behind its texts.
#pragma once

#include "engine/data.h"

#include <QTextBrowser>

#include <vector>

namespace ui {

class Theme;

class TokenPreview : public QTextBrowser {
    Q_OBJECT

  public:
    explicit TokenPreview(const Theme& theme, QWidget* parent = nullptr);

    void setRows(std::vector<engine::PreviewRow> rows);
    void setHint(const QString& text);  // instead of rows

    QSize sizeHint() const override { return {240, 130}; }

  private:
    void render();

    const Theme& m_theme;
    std::vector<engine::PreviewRow> m_rows;
    QString m_hint;
};

}  // namespace ui
