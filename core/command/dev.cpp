// One thread that waits for edits, for the server and for Ctrl-C. The server is a process of its own, so that it may
// crash.
#include "command/dev.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <iostream>
#include <system_error>

#include "command/dev_files.h"
#include "command/dev_server.h"
#include "command/module_build.h"
#include "command/terminal.h"
#include "server/file_watch.h"

namespace kirsch::command {
namespace {

namespace fs = std::filesystem;
using base::ExitCode;
using Clock = std::chrono::steady_clock;

const std::vector<std::string> edited{".cpp", ".cc", ".cxx", ".c", ".h", ".hpp", ".yaml", ".yml", "CMakeLists.txt"};

// The folders of what is edited.
std::set<fs::path> folders_of(const Project& project) {
  std::set<fs::path> folders{project.folder};
  std::error_code error;  // of folders that have just gone
  for (auto entry = fs::recursive_directory_iterator(project.folder, error); entry != fs::end(entry);
       entry.increment(error)) {
    if (!entry->is_directory(error)) continue;
    const bool left_out = entry->path() == project.build() || entry->path().filename().string().starts_with('.');
    if (left_out) {
      entry.disable_recursion_pending();
    } else {
      folders.insert(entry->path());
    }
  }
  return folders;
}

base::UniqueFd signals() {
  sigset_t wanted;
  ::sigemptyset(&wanted);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::sigaddset(&wanted, number);
  return base::UniqueFd(::signalfd(-1, &wanted, SFD_CLOEXEC));  // main has blocked them
}

class Dev {
 public:
  explicit Dev(const DevOptions& options)
      : project_(Project::in(".")),
        folder_(options.sanitized ? project_.build() / "asan" : project_.build()),
        tools_(Toolchain::find(options.sanitized ? Purpose::sanitizer : Purpose::development)),
        server_({folder_ / "dev", project_.folder / "module.yaml", plugins_of(project_, folder_)}, tools_.environment(),
                options.port),
        watch_(edited),
        signals_(signals()) {}

  ExitCode run() {
    update();
    for (;;) {
      std::array<pollfd, 3> waited{pollfd{signals_.get(), POLLIN, 0}, pollfd{watch_.descriptor(), POLLIN, 0},
                                   pollfd{server_.output(), POLLIN, 0}};
      int patience = -1;
      if (watch_.due()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*watch_.due() - Clock::now());
        patience = static_cast<int>(std::max<std::int64_t>(left.count(), 0));
      }
      ::poll(waited.data(), waited.size(), patience);
      if (waited[0].revents != 0) return ExitCode::ok;
      if (watch_.look()) update();
      if (waited[2].revents != 0 && !server_.listen())
        server_.show_page(project_.name + " has ended the server", server_.said());
    }
  }

 private:
  // Whatever is wrong is told here and on the page.
  void update() {
    try {
      watch_.watch(folders_of(project_));
      project_ = Project::in(project_.folder);
      const auto made = build(project_, tools_, folder_);
      std::cerr << made.said << std::flush;
      if (!made.good) return server_.show_page(project_.name + " does not build", made.said);
      const auto file = made.file.lexically_relative(project_.folder).string();
      if (made.changed) std::cout << file << ": built in " << seconds_text(made.time) << std::endl;
      const auto refused = server_.serve();
      if (!refused.empty()) server_.show_page(project_.name + " cannot be served", refused);
    } catch (const base::Refusal& refusal) {
      print(refusal.diagnostics());
      server_.show_page(project_.name + " cannot be built", base::text(refusal.diagnostics().front()));
    }
  }

  Project project_;
  const fs::path folder_;
  Toolchain tools_;
  DevServer server_;
  server::FileWatch watch_;
  const base::UniqueFd signals_;
};

}  // namespace

ExitCode develop(const DevOptions& options) noexcept {
  return guarded([&] { return Dev(options).run(); });
}

}  // namespace kirsch::command
