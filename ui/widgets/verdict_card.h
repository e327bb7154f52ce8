// How an export came out: passed or failed, the figures of the self-test, where the files lie. GUI thread.
#pragma once

#include "ui/presenters/export_facts.h"
#include "ui/widgets/card.h"

class QFormLayout;
class QLabel;
class QToolButton;

namespace ui {

class VerdictCard : public Card {
    Q_OBJECT

  public:
    explicit VerdictCard(const Theme& theme, QWidget* parent = nullptr);

    void setVerdict(const Verdict& verdict);
    void clear();  // says what will appear here
    bool passed() const { return m_shown && m_verdict.passed; }

  private:
    QLabel* addRow(const QString& caption, const char* name);
    void restyle();

    const Theme& m_theme;
    Verdict m_verdict;
    bool m_shown = false;
    QWidget *m_explanation, *m_content;
    QLabel *m_icon, *m_headline, *m_sentence;
    QFormLayout* m_form;
    QLabel *m_difference, *m_tensors, *m_size, *m_path;
    QToolButton *m_open, *m_copy;
};

}  // namespace ui
