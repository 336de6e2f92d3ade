// The files that a configuration was read from, as they were then: what another process shall read instead of what may
// have come in their place.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/file_text.h"
#include "config/scalars.h"
#include "config/secret_file.h"

namespace kirsch::config {

class Snapshot {
 public:
  // While one lives, whatever this thread reads of configurations is noted in a snapshot.
  class Recording {
   public:
    explicit Recording(Snapshot& into) noexcept;
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;
    ~Recording();
  };
  // While one lives, it comes from a snapshot, and what is not in there cannot be read.
  class Replay {
   public:
    explicit Replay(const Snapshot& from) noexcept;
    Replay(const Replay&) = delete;
    Replay& operator=(const Replay&) = delete;
    ~Replay();
  };

  // For another process. It holds secrets.
  std::string packed() const;
  // Throws std::runtime_error.
  static Snapshot unpacked(std::string_view bytes);
  bool empty() const { return texts_.empty(); }

  // For those that read: `read`, unless a snapshot answers.
  static FileText text(const std::string& name, const std::function<FileText()>& read);
  static Parsed<SecretFile> secret(const std::string& path, const std::function<Parsed<SecretFile>()>& read);
  static std::vector<std::string> names(const std::string& pattern,
                                        const std::function<std::vector<std::string>()>& read);

 private:
  std::map<std::string, FileText> texts_;
  std::map<std::string, SecretFile> secrets_;
  std::map<std::string, std::vector<std::string>> names_;  // by pattern
};

}  // namespace kirsch::config
