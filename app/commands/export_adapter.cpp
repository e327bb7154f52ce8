#include "export_adapter.h"

#include "progress_bar.h"

namespace commands {

engine::ExportReport export_adapter(Session& session, const std::string& adapter,
                                    const engine::ExportRequest& request, const std::string& model) {
    engine::prepare_compute_thread();
    ProgressBar bar;
    const auto progress = [&bar](double fraction, const std::string& what) { bar.show(fraction, what); };
    return session.workbench()
        .export_adapter(adapter, request, model, progress, session.stop_token())
        .value();
}

}  // namespace commands
