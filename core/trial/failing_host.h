// The host's functions as the module that is tried gets them: each can be told to fail as kirsch/abi.h says it may.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <set>

#include "loader/manifest.h"
#include "pipeline/host.h"

namespace kirsch::trial {

enum class HostCall : std::uint8_t {
  find_service,
  open_log,
  append,
  start_timer,
  submit,
  post,
  open_storage,
  create_blob,
  join_blobs,
  open_beneath,
  open_directory,
  open_directory_beneath,
  give,
  declare,
  prepare_field,
  set_field,
  add_field,
  default_field,
  write,
  write_blob
};

// One at a time, since it works through C functions.
class FailingHost {
 public:
  // Before the fork of the process that serves.
  explicit FailingHost(const loader::Manifest& tried);
  ~FailingHost();
  FailingHost(const FailingHost&) = delete;
  FailingHost& operator=(const FailingHost&) = delete;

  // For that process, which must end before this does.
  pipeline::AmendHost amendment() const;

  // From now on, that one alone.
  void fail(HostCall call) { shared_->failing = static_cast<int>(call); }
  void fail_none() { shared_->failing = none; }
  // Those of which one was called since this was asked before.
  std::set<HostCall> take_called();

  // "kirsch_storage.open gives null".
  static const char* sentence(HostCall call);
  static constexpr std::size_t calls = 20;

 private:
  friend class Interception;
  static constexpr int none = -1;
  struct Shared {
    std::atomic<int> failing = none;
    std::array<std::atomic<bool>, calls> called{};
  };

  const loader::Manifest& tried_;
  Shared* shared_;  // with that process
};

}  // namespace kirsch::trial
