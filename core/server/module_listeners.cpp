// A publish works on a snapshot of the listeners, so taking one off needs a gate of its own.
#include "server/module_listeners.h"

#include <stdexcept>
#include <string>

namespace kirsch::server {

std::uint64_t ModuleListeners::add(std::string_view owner, std::string_view channel, int priority, kirsch_listen listen,
                                   void* self) {
  auto gate = std::make_shared<Gate>();
  const auto hear = [gate, listen, self](const engine::Event& event) {
    const std::lock_guard lock(gate->running);
    if (!gate->open) return;
    const kirsch_event told{.size = sizeof(kirsch_event),
                            .code = event.code,
                            .channel = {event.channel.data(), event.channel.size()},
                            .message = {event.message.data(), event.message.size()}};
    kirsch_error error{};
    if (listen(self, &told, &error) == 0) return;
    error.text[sizeof error.text - 1] = 0;
    throw std::runtime_error(error.text);
  };
  const auto subscription = bus_.subscribe({std::string(channel), std::string(owner), priority, hear});
  const std::lock_guard lock(mutex_);
  gates_.emplace(subscription, std::move(gate));
  return subscription;
}

void ModuleListeners::remove(std::uint64_t subscription) noexcept {
  std::shared_ptr<Gate> gate;
  {
    const std::lock_guard lock(mutex_);
    const auto found = gates_.find(subscription);
    if (found == gates_.end()) return;
    gate = std::move(found->second);
    gates_.erase(found);
  }
  bus_.unsubscribe(subscription);
  const std::lock_guard lock(gate->running);
  gate->open = false;
}

}  // namespace kirsch::server
