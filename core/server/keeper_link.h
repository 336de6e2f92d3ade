// A server process and its keeper: orders one way, news the other, on a thread of its own.
#pragma once

#include <condition_variable>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/exit_code.h"
#include "net/message_channel.h"
#include "server/inheritance.h"
#include "server/loops.h"

namespace kirsch::server {

class KeeperLink {
 public:
  // What the keeper may order. All run on the thread of the link and must not block.
  struct Orders {
    std::function<void(std::string_view reason)> exit;
    std::function<void(std::string_view reason)> retire;  // end, because others have taken over
    std::function<void(std::string_view reason)> force;
    std::function<void(std::string_view channel, std::string_view reason, std::uint64_t number)> request;
    // Get ready for another configuration, with these new listeners; request("graceful") or abandon follows. All are
    // answered by `result`.
    std::function<void(std::uint64_t number, Handover handover, std::vector<BoundListener> listeners,
                       TlsSecrets secrets)>
        prepare;
    std::function<void(std::uint64_t number)> abandon;
    std::function<Loops::Load()> load;
    std::function<std::string()> details;  // for the status
  };

  KeeperLink(net::MessageChannel channel, Orders orders);
  KeeperLink(const KeeperLink&) = delete;
  KeeperLink& operator=(const KeeperLink&) = delete;
  ~KeeperLink();

  // Before it, nothing is received. Throws std::system_error.
  void start();

  // News; any thread.
  void ready(std::string_view text) { channel_.send("ready", text); }
  void failed(base::ExitCode code, std::string_view text);
  void reopened_logs() { channel_.send("reopened_logs"); }
  void retired() { channel_.send("retired"); }  // accepts no more
  void ending() { channel_.send("ending"); }
  void restart(std::string_view reason) { channel_.send("restart", reason); }
  void reload(std::string_view reason) { channel_.send("reload", reason); }
  void result(std::uint64_t number, base::ExitCode code, std::string_view text);

  // A file that the configuration names, as the keeper may open it: a log for appending, another for reading. Blocks
  // for at most five seconds. Empty: the keeper could not either.
  base::UniqueFd open_log(std::string_view path) { return open("open_log", path); }
  base::UniqueFd open_file(std::string_view path) { return open("open_file", path); }

 private:
  base::UniqueFd open(std::string_view order, std::string_view path);
  void run() noexcept;
  void answer(std::string_view question, const std::function<std::string()>& make);
  void obey(net::Message& message);

  net::MessageChannel channel_;
  const Orders orders_;
  base::UniqueFd end_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<net::Message> opened_;
  std::vector<BoundListener> listeners_;  // for the next `prepare`; the thread's own, as are the next three
  Handover handover_;
  TlsSecrets secrets_;
  std::string fault_;  // of what came for it
  std::thread thread_;
};

}  // namespace kirsch::server
