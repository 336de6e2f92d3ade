// One loop with its thread: its listeners, its connections, its requests.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "http/connections.h"
#include "http/plain_clients.h"
#include "net/listener.h"
#include "net/tls/layer.h"
#include "pipeline/dispatcher.h"
#include "server/client_limits.h"

namespace kirsch::server {

// What all loops go over to: shared by them, changed by none.
struct Turnover {
  struct Entry {
    std::uint32_t number = 0;
    std::shared_ptr<ClientLimits> limits;
    std::shared_ptr<const net::tls::Contexts> contexts;  // null: no TLS
    std::vector<net::Listener> sockets;                  // empty: the listener is there already
    bool shared = false;                                 // other processes accept from them, too
  };

  pipeline::Generation* generation = nullptr;
  std::vector<Entry> listeners;                       // the others are not listened on any more
  std::shared_ptr<const pipeline::EndedPlans> ended;  // upgraded connections of these are to end
  std::chrono::milliseconds drain{};                  // within that time, and those of listeners that are gone
};

// Everything runs on the lane's own thread once it was started; before that on the one that made it.
class Lane {
 public:
  struct Surroundings {
    base::Log& log;
    pipeline::WorkerPool& workers;
    pipeline::StepWatch& watch;
    pipeline::Dispatcher::Bodies bodies;
    http::ClientSeats& seats;
    http::Limits plain;  // for clients that speak plain HTTP where TLS is spoken
    unsigned lanes;
  };

  // All but the driver must outlive it.
  Lane(unsigned number, const Surroundings& surroundings, std::unique_ptr<net::Driver> driver);
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;
  ~Lane() { end(); }

  net::Loop& loop() { return loop_; }
  pipeline::Dispatcher& dispatcher() { return dispatcher_; }

  void start();
  // From here on requests belong to that generation, and its listeners are listened on. A socket that the system cannot
  // watch is logged.
  void turn_over(const Turnover& turnover);
  // Leaves new connections to others, and what comes on open ones after their next answer.
  void retire();
  // Calls `drained` once there is nothing left to serve; idle connections end too, unless `keeps_idle`.
  void drain(bool keeps_idle, std::function<void()> drained);
  void abort_all();
  std::size_t requests() const { return dispatcher_.live(); }
  std::size_t connections() const { return loop_.connections(); }
  // What was posted before still runs. Not on its own thread.
  void end() noexcept;

 private:
  // Where accepted connections go; it changes while handshakes are under way.
  class Door final : public net::Acceptor {
   public:
    void lead_to(net::Acceptor& acceptor) noexcept { to_ = &acceptor; }
    void on_accept(net::Transport& transport) override { to_->on_accept(transport); }
    std::string_view apology() const noexcept override { return to_->apology(); }

   private:
    net::Acceptor* to_ = nullptr;
  };
  struct Table {
    std::shared_ptr<ClientLimits> limits;
    std::unique_ptr<http::Connections> connections;
  };
  struct Entry {
    Door plain, secure;
    std::shared_ptr<ClientLimits> limits;
    std::shared_ptr<const net::tls::Contexts> contexts;
    net::Acceptor* tls = nullptr;          // the entrance of tls_, where there are contexts
    std::vector<std::uint64_t> listening;  // numbers of the loop
    bool leaving = false;
    base::SteadyTime deadline{};  // of one that leaves
  };

  http::Connections& table_for(const std::shared_ptr<ClientLimits>& limits);
  void set(Entry& entry, const Turnover::Entry& wanted);
  void listen(Entry& entry, const Turnover::Entry& wanted);
  void leave(std::uint32_t number, Entry& entry, base::SteadyTime deadline);
  bool left(std::uint32_t number, Entry& entry);
  void tidy_later();
  void tidy();
  void check_later(std::chrono::milliseconds delay);
  void check();

  const Surroundings surroundings_;
  net::Loop loop_;
  pipeline::Dispatcher dispatcher_;
  net::tls::Layer tls_;
  http::PlainClients plain_clients_;
  std::vector<Table> tables_;
  std::map<std::uint32_t, Entry> entries_;  // by the listener's number
  bool tidying_ = false;
  bool keeps_idle_ = false;
  std::function<void()> drained_;
  std::thread thread_;
};

}  // namespace kirsch::server
