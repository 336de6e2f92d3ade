// TLS of one loop: its connections, the memory they share while they work, and the order of handshakes.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/list.h"
#include "net/loop.h"
#include "net/tls/provider.h"
#include "net/tls/transport.h"

namespace kirsch::net::tls {

// Who answers clients that do not speak TLS.
class PlainClients {
 public:
  // What to say, once `received` says enough; then the connection ends. Empty: wait for more.
  virtual std::string answer(std::span<char> received, const kirsch_address& local) = 0;
  static constexpr std::size_t most = 16 * 1024;  // bytes it may wait for

 protected:
  ~PlainClients() = default;
};

// The certificates of a listener as they are now. Any thread.
class Contexts {
 public:
  void set(std::shared_ptr<const Context> context) noexcept;
  std::shared_ptr<const Context> get() const noexcept;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Context> context_;
};

// The loop's thread only. Destroyed after whoever owns its transports and before the loop.
class Layer final : private Deferred {
 public:
  struct Settings {
    std::chrono::milliseconds handshake_time{10'000};
    std::size_t handshakes = 1024;  // at the same time; beyond, the one that takes longest ends

    bool operator==(const Settings&) const = default;
  };

  explicit Layer(Loop& loop);
  ~Layer();
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  // For Loop::listen. The contexts outlive the entrance, the others the handshakes that began there. Valid until it is
  // closed or this object ends.
  Acceptor& entrance(const Contexts& contexts, Acceptor& acceptor, PlainClients& plain_clients,
                     const Settings& settings);
  // Of this layer, and nobody listens for it any more. Handshakes go on.
  void close(const Acceptor& entrance) noexcept;
  // Whether a handshake is under way that leads there.
  bool leads_to(const Acceptor& acceptor) noexcept;
  // Handshakes under way have a second left.
  void drain() noexcept;
  std::size_t handshakes() const noexcept { return handshakes_; }

  // For its transports.
  static constexpr std::size_t portion = 64 * 1024;  // of plaintext per send
  bool begin_handshake_step() noexcept;              // false: not in this turn; it is called when its turn has come
  void wait(TlsTransport& transport) noexcept;
  void count_handshake() noexcept { ++steps_; }
  void handshake_over(TlsTransport& transport) noexcept;
  void retire(TlsTransport& transport) noexcept;
  std::span<char> incoming() noexcept { return incoming_; }  // scratch for what is decrypted
  std::span<char> outgoing() noexcept { return outgoing_; }  // scratch for what is gathered to be encrypted
  std::vector<char> take_block();
  void give_block(std::vector<char>&& block) noexcept;

 private:
  class Entrance;

  void accept(Transport& transport, const Entrance& entrance) noexcept;
  void make(Transport& transport, const Entrance& entrance);
  void run_deferred() override;

  Loop& loop_;
  std::vector<std::unique_ptr<Entrance>> entrances_;
  List<Young> young_;      // the oldest first
  List<Waiting> waiting_;  // the newest first: under overload the old ones are given up anyway
  std::size_t handshakes_ = 0;
  unsigned steps_ = 0;  // handshakes that cost something in this turn
  base::SteadyTime turn_{};
  bool draining_ = false;
  List<Young> retired_;  // who is gone, until the end of the turn
  std::vector<std::vector<char>> blocks_;
  std::array<char, portion + Session::largest_record> incoming_;
  std::array<char, portion> outgoing_;
};

}  // namespace kirsch::net::tls
