// One request per connection, in the message after which the client only listens.
#include "server/control_clients.h"

#include <algorithm>

namespace kirsch::server {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_silent = 64;

bool told(const std::vector<pollfd>& entries, int descriptor) {
  return std::ranges::any_of(
      entries, [descriptor](const pollfd& entry) { return entry.fd == descriptor && entry.revents != 0; });
}

}  // namespace

void ControlAnswer::progress(std::chrono::seconds left, std::string_view text) noexcept {
  const std::lock_guard lock(mutex_);
  if (!done_) channel_.send("progress", std::to_string(left.count()) + '\n' + std::string(text));
}

void ControlAnswer::done(base::ExitCode code, std::string_view text) noexcept {
  const std::lock_guard lock(mutex_);
  if (std::exchange(done_, true)) return;
  channel_.send("done", std::to_string(static_cast<int>(code)) + '\n' + std::string(text));
}

void ControlClients::watch(std::vector<pollfd>& entries) const {
  if (!handed_over_) entries.push_back({socket_.descriptor(), POLLIN, 0});
  for (const auto& client : silent_) entries.push_back({client.descriptor(), POLLIN, 0});
}

void ControlClients::look(const std::vector<pollfd>& entries) {
  for (auto client = silent_.begin(); client != silent_.end();) {
    auto message = told(entries, client->descriptor()) ? client->receive(0ms) : std::nullopt;
    if (message) answerer_(message->type, std::make_shared<ControlAnswer>(std::move(*client)));
    client = message || client->ended() ? silent_.erase(client) : std::next(client);
  }
  if (handed_over_ || !told(entries, socket_.descriptor())) return;
  auto client = socket_.accept();
  if (!client) return;
  if (silent_.size() == most_silent) silent_.pop_front();
  silent_.push_back(std::move(*client));
}

void ControlClients::hand_over() noexcept {
  handed_over_ = true;
  socket_.release_file();
}

}  // namespace kirsch::server
