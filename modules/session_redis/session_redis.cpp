// Sessions in Redis, for the servers of several machines.
#include <kirsch/module.h>

#include "record_calls.h"

namespace {

struct Redis {
  std::string url;
  kirsch::Secret password;
  std::optional<kirsch::Path> authorities;
  std::string prefix;
  std::uint32_t connections = 0;
  std::chrono::milliseconds timeout{};
  std::uint64_t queue = 0;
  std::shared_ptr<session_redis::RecordCalls> records;

  static constexpr auto options = kirsch::options(
      kirsch::opt<&Redis::url>("url", "redis://127.0.0.1:6379/0",
                               "redis://[user@]host[:port][/database]; rediss:// for TLS"),
      kirsch::opt<&Redis::password>("password", "\"\"", "what the server wants to hear; empty: nothing"),
      kirsch::opt<&Redis::authorities>("authorities", "off",
                                       "PEM: who vouches for a rediss:// server; off: the system's"),
      kirsch::opt<&Redis::prefix>("prefix", "\"kirsch:session:\"", "what the names of the records begin with"),
      kirsch::opt<&Redis::connections>("connections", "8", "at most; each takes a worker while it is used")
          .range(1, 1024),
      kirsch::opt<&Redis::timeout>("timeout", "200ms", "a server that has not answered by then is not available")
          .range(10'000'000, 60'000'000'000),
      kirsch::opt<&Redis::queue>("queue", "4096", "calls that may wait for a connection; more are refused")
          .range(1, 1'000'000));

  void prepare() {
    const auto address = redis_client::server_address(url, password, authorities);
    records = std::make_shared<session_redis::RecordCalls>(
        session_redis::PoolSettings{address, connections, timeout, queue}, prefix);
  }
};

}  // namespace

KIRSCH_MODULE("session_redis", "1.0.0", kirsch::summary("Keeps sessions in Redis, which several machines share"),
              kirsch::session_storage<Redis>("redis"));
