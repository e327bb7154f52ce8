#include "session.h"

namespace commands {

workbench::Workbench& Session::workbench() {
    if (!workbench_)
        workbench_ = workbench::Workbench::open(workbench::resolve_paths(data_dir).value()).value();
    return *workbench_;
}

}  // namespace commands
