// One line on stderr that is redrawn on a terminal, and a line every ten seconds where there is none.
#pragma once

#include <chrono>
#include <string>

namespace commands {

class ProgressBar {
  public:
    ProgressBar();
    ~ProgressBar();  // ends the line

    // fraction 0..1; text follows the bar. Calls more frequent than ten a second draw nothing, except for the
    // last one.
    void show(double fraction, const std::string& text);
    void note(const std::string& line);  // a line of its own above the bar

  private:
    void clear();

    const bool terminal_;
    bool drawn_ = false;
    std::chrono::steady_clock::time_point last_{};
};

}  // namespace commands
