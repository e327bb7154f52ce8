// The largest difference of every case and check from the reference values, printed as one table when a test ends: the figures
// that a report quotes.
#pragma once

#include <QtTest>
#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace support {

class DifferenceTable {
  public:
    // Keeps the largest share of what is allowed. allowed 0: the values must be the same.
    void note(const std::string& label, const std::string& check, double difference, double allowed) {
        remember(rows_, label);
        remember(columns_, check);
        const auto [cell, added] = cells_.try_emplace({label, check}, Cell{difference, allowed});
        if (!added && difference * cell->second.allowed > cell->second.difference * allowed) cell->second = {difference, allowed};
    }

    // As Markdown, in the order of the test.
    void print() const {
        if (rows_.empty()) return;
        std::string head = "| case |", line = "| --- |";
        for (const std::string& column : columns_) {
            head += " " + column + " |";
            line += " --- |";
        }
        qInfo("%s", head.c_str());
        qInfo("%s", line.c_str());
        for (const std::string& row : rows_) {
            std::string text = "| " + row + " |";
            for (const std::string& column : columns_) {
                const auto cell = cells_.find({row, column});
                text += cell == cells_.end() ? " |" : " " + shown(cell->second) + " |";
            }
            qInfo("%s", text.c_str());
        }
    }

  private:
    struct Cell {
        double difference, allowed;
    };
    static void remember(std::vector<std::string>& names, const std::string& name) {
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    static std::string shown(const Cell& cell) {
        if (cell.allowed == 0) return cell.difference == 0 ? "equal" : "DIFFERS";
        char text[64];
        std::snprintf(text, sizeof text, "%.1e (%.0f %%)", cell.difference, 100 * cell.difference / cell.allowed);
        return text;
    }

    std::vector<std::string> rows_, columns_;
    std::map<std::pair<std::string, std::string>, Cell> cells_;
};

}  // namespace support
