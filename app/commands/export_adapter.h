// An export with its progress on stderr: what export and first-experiment share.
#pragma once

#include "session.h"

namespace commands {

// Throws engine::Failure. model empty: the adapter's own base.
engine::ExportReport export_adapter(Session& session, const std::string& adapter,
                                    const engine::ExportRequest& request, const std::string& model = {});

}  // namespace commands
