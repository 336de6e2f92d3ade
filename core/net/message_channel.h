// Messages between processes of one server: a few words and descriptors, over a socket that keeps them apart.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/unique_fd.h"

namespace kirsch::net {

struct Message {
  std::string type;  // one word
  std::string body = {};
  std::vector<base::UniqueFd> descriptors = {};
};

// One thread at a time for each direction.
class MessageChannel {
 public:
  static constexpr std::size_t longest = 128 * 1024;  // of a message, longer bodies are cut
  static constexpr std::size_t most_descriptors = 250;

  explicit MessageChannel(base::UniqueFd socket) noexcept : socket_(std::move(socket)) {}
  // The end that another process made this one inherit; from here on children do not. None: it is no such socket.
  static std::optional<MessageChannel> inherited(int descriptor) noexcept;
  // Both ends. Throws base::Refusal.
  static std::pair<MessageChannel, MessageChannel> pair();

  // False: the other end is gone, or takes nothing for ten seconds. The descriptors stay the caller's.
  bool send(std::string_view type, std::string_view body = {}, const std::vector<int>& descriptors = {}) noexcept;
  // Waits for at most `patience`. None: nothing came, or the other end is gone (`ended`). Where this process has no
  // room for all descriptors of a message, it comes without any.
  std::optional<Message> receive(std::chrono::milliseconds patience) noexcept;
  bool ended() const noexcept { return ended_; }
  int descriptor() const noexcept { return socket_.get(); }

 private:
  base::UniqueFd socket_;
  bool ended_ = false;
};

}  // namespace kirsch::net
