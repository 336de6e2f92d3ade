// What servers of a keeper read instead of the files: the configuration as it was when it was accepted, and the modules
// that were there then.
#pragma once

#include <filesystem>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "config/snapshot.h"
#include "loader/catalogue.h"
#include "net/message_channel.h"

namespace kirsch::server {

class Handover {
 public:
  Handover() = default;
  // Keeps the files of that catalogue open. Throws std::system_error.
  Handover(config::Snapshot snapshot, const loader::Catalogue& catalogue);

  bool empty() const { return snapshot_.empty(); }
  const config::Snapshot& snapshot() const { return snapshot_; }
  // Reads their notes; they were found trustworthy before.
  loader::Catalogue catalogue(const loader::HostAbi& host) const;

  // Messages "module" and "configuration". False: the other side is gone.
  bool send(net::MessageChannel& to) const;
  // One of them as it arrives. Throws std::runtime_error for what is none.
  void take(net::Message& message);

 private:
  config::Snapshot snapshot_;
  std::vector<loader::Catalogue::Handed> modules_;
};

}  // namespace kirsch::server
