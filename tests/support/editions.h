// A server with a plugins folder of its own, in which the module `edition` is replaced while it runs.
#pragma once

#include "support/command.h"
#include "support/server.h"

namespace kirsch::test {

class Editions {
 public:
  // `yaml` is what stands beside the keys `plugins` and `engine`; the first version is there. `reload` is the setting
  // of plugins.
  explicit Editions(const std::string& yaml, const std::string& reload = "on_command");

  Server& server() { return *server_; }
  const std::filesystem::path& plugins() const { return plugins_.path(); }
  std::filesystem::path module() const { return plugins() / "edition.so"; }

  // Puts the version "one" or "two" into place, as an operator does: beside it, then by its name.
  void install(const std::string& version) const;
  void write(const std::string& yaml) const;  // the configuration
  // Of a generation: its last request has gone. Throws std::runtime_error if that does not come.
  void wait_for_end_of(int generation) const;
  Result reload(const std::vector<std::string>& more = {}) const { return command(*server_, "reload", more); }

 private:
  std::string whole(const std::string& yaml) const;

  const std::string reload_;
  TemporaryFolder plugins_;
  std::optional<Server> server_;
};

// Of a build.
std::filesystem::path edition(const std::string& version);

}  // namespace kirsch::test
