// Reads, checks, runs; every refusal becomes text and an exit code here.
#include "server/run.h"

#include <cstdlib>
#include <iostream>

#include "base/logs.h"
#include "server/process.h"
#include "server/terminal.h"

namespace kirsch::server {
namespace {

namespace fs = std::filesystem;

// Runs `work`, which returns an exit code or throws.
template <class Work>
base::ExitCode guarded(Work work) noexcept {
  try {
    return work();
  } catch (const base::Refusal& refusal) {
    print(refusal.diagnostics());
    return refusal.exit_code();
  } catch (const std::exception& error) {
    std::cerr << "kirsch: " << error.what() << '\n';
    return base::ExitCode::internal;
  }
}

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + ' ' + noun + (count == 1 ? "" : "s");
}

}  // namespace

base::ExitCode run_server(const fs::path& file) noexcept {
  return guarded([&] {
    const Blueprint blueprint = read_blueprint(file);
    print(blueprint.warnings);
    base::Logs logs(blueprint.configuration.logs);
    auto process = std::make_unique<Process>(blueprint, logs);
    const auto code = guarded([&] {
      try {
        return process->run();
      } catch (const base::Refusal& refusal) {
        const bool shown = blueprint.configuration.logs.error.kind == base::LogTarget::Kind::standard_error;
        if (!shown) logs.error().write(base::Level::error, std::string("server: ") + refusal.what());
        throw;
      }
    });
    if (process->abandoned()) {
      logs.finish();
      std::cout.flush();
      std::_Exit(static_cast<int>(code));
    }
    return code;
  });
}

base::ExitCode check_configuration(const fs::path& file) noexcept {
  return guarded([&] {
    const Blueprint blueprint = read_blueprint(file);
    print(blueprint.warnings);
    std::size_t paths = 0;
    for (const auto& site : blueprint.configuration.sites) {
      for (const auto& path : site.paths) paths += path.origin.line != 0 ? 1 : 0;
    }
    std::cout << file.string() << " is fine: " << counted(blueprint.configuration.listeners.size(), "listener") << ", "
              << counted(blueprint.configuration.sites.size(), "site") << ", " << counted(paths, "path") << '\n';
    return base::ExitCode::ok;
  });
}

}  // namespace kirsch::server
