// Reads, checks, runs; every refusal becomes text and an exit code here.
#include "server/run.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "base/unique_fd.h"
#include "server/process.h"
#include "server/terminal.h"

namespace kirsch::server {
namespace {

namespace fs = std::filesystem;

base::UniqueFd open_log(const config::LogSettings& settings) {
  if (!settings.file) return {};
  base::UniqueFd file(::open(settings.file->c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640));
  if (!file) {
    throw base::Refusal(
        base::Diagnostic{.code = "C075",
                         .message = "the error log " + *settings.file + " cannot be opened: " + std::strerror(errno),
                         .exit_code = base::ExitCode::bind_or_permission});
  }
  return file;
}

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
    const auto descriptor = open_log(blueprint.configuration.logs);
    base::StandardErrorLog log(blueprint.configuration.logs.level, descriptor ? descriptor.get() : STDERR_FILENO);
    auto process = std::make_unique<Process>(blueprint, log);
    const auto code = guarded([&] {
      try {
        return process->run();
      } catch (const base::Refusal& refusal) {
        if (descriptor) log.write(base::Level::error, std::string("server: ") + refusal.what());
        throw;
      }
    });
    if (process->abandoned()) {
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
