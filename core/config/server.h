// The core's own settings. Their defaults stand in server.cpp, once, beside their names.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "base/schema.h"
#include "config/reader.h"

namespace kirsch::config {

// What one client may cost.
struct LimitSettings {
  std::size_t method = 0;
  std::chrono::milliseconds head_time{};
  std::size_t header_block = 0;
  std::size_t header_field = 0;
  std::size_t header_count = 0;
  std::size_t uri = 0;
  std::uint64_t body = 0;
  std::size_t body_memory = 0;
  std::uint64_t spool = 0;
  std::chrono::milliseconds body_idle{};
  std::uint32_t body_rate = 0;  // bytes per second
  std::chrono::milliseconds write_idle{};
  std::chrono::milliseconds keep_alive{};
  std::uint32_t keep_alive_requests = 0;
  std::chrono::milliseconds keep_alive_life{};
  std::size_t output_queue = 0;
  std::uint32_t connections = 0;
  std::uint32_t client_connections = 0;  // 0: no limit
  bool loopback_counts = false;          // for client_connections
  std::uint32_t worker_queue = 0;
  std::chrono::milliseconds handler_time{};
  std::chrono::milliseconds handshake_time{};
  std::size_t log_queue = 0;
};

// Where the command reaches a server that runs.
struct ControlSettings {
  bool on = true;
  std::optional<std::string> path;  // absolute; none: the server chooses
};

enum class KeeperUse : std::uint8_t { automatic, on, off };
// How loops meet the kernel; automatic: io_uring where it works.
enum class DriverChoice : std::uint8_t { automatic, uring, epoll };

struct ServerSettings {
  std::optional<unsigned> loops;  // none: one per processor
  unsigned workers = 0;
  unsigned processes = 1;
  std::chrono::milliseconds start_time{};
  std::chrono::milliseconds drain{};
  std::optional<std::string> state;  // absolute; none: the server chooses
  ControlSettings control;
  KeeperUse keeper = KeeperUse::automatic;
  bool allow_root = false;
  DriverChoice driver = DriverChoice::automatic;
  base::Position driver_origin;
  LimitSettings limits;
};

const std::vector<base::Option>& server_options();
const std::vector<base::Option>& listener_limit_options();  // those of limits that a listener may have

// What `body` of limits may be, also where a path or site says it.
const base::Schema& body_limit();

// Of a listener: what its `limits` say, the rest as in `server`. What is wrong is reported. None: it says nothing.
std::optional<LimitSettings> read_listener_limits(Reader& reader, const Node* limits, const Node* server,
                                                  const std::string& owner);

// `section` is the value of the key, null if it is absent; `root` is the document's root. What is wrong is reported to
// the reader's findings.
ServerSettings read_server(Reader& reader, const Node* section, const Node& root);

// What is enough to find a server that runs. Whatever else is wrong with the section is passed over.
struct Whereabouts {
  std::optional<std::string> state;
  ControlSettings control;
};
Whereabouts read_whereabouts(Reader& reader, const Node* section, const Node& root);

}  // namespace kirsch::config
