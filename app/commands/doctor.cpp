#include "command.h"
#include "format.h"
#include "output.h"

#include <engine/precision_probe.h>
#include <engine/runtime.h>

namespace commands {

namespace {

struct DoctorCommand {};

Json device_json(const engine::DeviceInfo& device) {
    return {{"id", device.id},
            {"name", device.name},
            {"memory_bytes", device.memory_bytes},
            {"free_bytes", device.free_bytes},
            {"usable", device.usable},
            {"chosen", device.chosen},
            {"reason", device.reason}};
}

int doctor(const DoctorCommand&, Session& session) {
    const auto runtime = engine::runtime_info();
    const auto& paths = session.workbench().paths();
    const auto probe = engine::probe_precision("gpt2", 256, "auto");
    if (session.json) {
        Json devices = Json::array();
        for (const auto& device : runtime.devices) devices.push_back(device_json(device));
        print_json({{"program_version", runtime.program_version},
                    {"libtorch_version", runtime.libtorch_version},
                    {"blas", runtime.blas},
                    {"blas_advice", runtime.blas_advice},
                    {"cpu_capability", runtime.cpu_capability},
                    {"threads", runtime.threads},
                    {"usable_cores", runtime.usable_cores},
                    {"auto_dtype", probe ? Json(engine::name_of(probe->chosen)) : Json()},
                    {"bf16_speedup", probe ? Json(probe->f32_ms / probe->bf16_ms) : Json()},
                    {"devices", devices},
                    {"data_dir", paths.data_dir.string()},
                    {"resources_dir", paths.resources_dir.string()}});
        return 0;
    }
    Facts facts;
    facts.add("LoRA Workbench", runtime.program_version);
    facts.add("libtorch", runtime.libtorch_version);
    facts.add("BLAS", runtime.blas);
    facts.add("Advice", runtime.blas_advice);
    facts.add("CPU", runtime.cpu_capability + ", " + std::to_string(runtime.threads) + " threads on " +
                         std::to_string(runtime.usable_cores) + " usable cores");
    facts.add("bf16", probe ? "The matrix products of GPT-2 small take " + number_text(probe->f32_ms, 3) + " ms in f32 and " +
                                  number_text(probe->bf16_ms, 3) + " ms in bf16, so --dtype auto takes " +
                                  engine::name_of(probe->chosen)
                            : probe.error().message);
    facts.add("Data folder", paths.data_dir.string());
    facts.add("Resources", paths.resources_dir.string());
    facts.print();
    print_line("");
    Table table({"DEVICE", "NAME", "MEMORY", "FREE", "USED FOR auto", "WHY"});
    for (const auto& device : runtime.devices)
        table.add({device.id, device.name, bytes_text(device.memory_bytes), bytes_text(device.free_bytes),
                   yes_no(device.chosen), device.reason});
    table.print();
    return 0;
}

}  // namespace

void add_doctor(CLI::App& app, Action& action) {
    auto* command =
        app.add_subcommand("doctor", "Say what was found on this machine: libtorch, BLAS, devices, folders");
    on_run(command, action, std::make_shared<DoctorCommand>(), doctor);
}

}  // namespace commands
