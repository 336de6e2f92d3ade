// Counts in /proc.
#include "support/footprint.h"

#include <gtest/gtest.h>

#include <memory>

namespace kirsch::test {

Footprint::Footprint(const Server& server, std::string target, int status)
    : server_(server), target_(std::move(target)), status_(status), before_(held()) {
  constexpr std::size_t crowd = 64;
  std::vector<std::unique_ptr<Client>> clients;
  while (clients.size() < crowd) clients.push_back(std::make_unique<Client>(server));
  for (const auto& client : clients) client->send("GET " + target_ + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  for (const auto& client : clients) EXPECT_EQ(client->read().status, status_);
  before_.memory = resident(server_.pid());
}

bool Footprint::ask() const { return get(server_, target_).status == status_; }

Footprint::Held Footprint::held() const {
  const auto entries = [this](const char* folder) {
    const auto path = std::filesystem::path("/proc") / std::to_string(server_.pid()) / folder;
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(path), std::filesystem::directory_iterator()));
  };
  return {entries("fd"), entries("task"), resident(server_.pid())};
}

void Footprint::expect_back(std::size_t descriptors) const {
  const auto until = std::chrono::steady_clock::now() + patience;
  const auto is_back = [&](const Held& now) {
    return now.descriptors <= before_.descriptors + descriptors && now.threads == before_.threads &&
           now.memory <= before_.memory + tolerated_growth;
  };
  auto now = held();
  while (!is_back(now) && std::chrono::steady_clock::now() < until && ask()) now = held();
  EXPECT_TRUE(ask()) << target_;
  EXPECT_LE(now.descriptors, before_.descriptors + descriptors);
  EXPECT_EQ(now.threads, before_.threads);
  EXPECT_LE(now.memory, before_.memory + tolerated_growth);
}

}  // namespace kirsch::test
