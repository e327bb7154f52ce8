// Fields against subjects: one row per field that any subject has, one column per subject after the column of
// labels. With one subject it is a plain table of its configuration; with several it can leave out what they
// agree on.
#pragma once

#include "ui/presenters/spec_fields.h"

#include <QAbstractTableModel>
#include <QIcon>

namespace ui {

class DifferencesModel : public QAbstractTableModel {
    Q_OBJECT

  public:
    struct Subject {
        QString name;
        QIcon mark;  // how it looks in charts; may be null
        std::vector<SpecField> fields;
        std::vector<SpecField> results;  // always shown, above the rest
    };

    explicit DifferencesModel(QObject* parent = nullptr);

    void setSubjects(std::vector<Subject> subjects);
    void setOnlyDifferences(bool on);
    bool onlyDifferences() const { return m_onlyDifferences; }
    int hiddenRows() const { return static_cast<int>(m_all.size() - m_shown.size()); }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

    // Header and all shown rows, tab separated.
    QString asText() const;

  private:
    struct Row {
        QString label;
        QStringList values;
        bool differs = false;
        bool result = false;
    };
    void rebuild();
    void chooseShown();

    std::vector<Subject> m_subjects;
    std::vector<Row> m_all;
    std::vector<std::size_t> m_shown;
    bool m_onlyDifferences = false;
};

}  // namespace ui
