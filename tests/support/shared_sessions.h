// Two servers with one storage, and a client who comes to both.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>

#include "support/guests.h"
#include "support/session_storage_suite.h"

namespace kirsch::test {

// Clients of both increment one record under its lock, and no increment is lost. KIRSCH_SESSION_INCREMENTS: of each of
// 64 clients; without it 8 make 50 each.
inline void expect_no_lost_update(const std::string& storage) {
  const auto* const wanted = std::getenv("KIRSCH_SESSION_INCREMENTS");
  const int clients = wanted == nullptr ? 8 : 64;
  const std::string times = wanted == nullptr ? "50" : wanted;
  const Milliseconds deadline(wanted == nullptr ? 120'000 : 3'600'000);
  const auto query = [](const std::string& op) { return "op=" + op + "&left=600000&hex=" + std::string(64, 'a'); };
  Vault here(storage), there(storage);
  here.call(query("store"), "0");
  std::vector<std::unique_ptr<Client>> all;
  for (int client = 0; client < clients; ++client)
    all.push_back((client % 2 == 0 ? here : there).begin(query("increment") + "&times=" + times));
  for (const auto& client : all) {
    try {
      EXPECT_EQ(client->read(deadline).body, "done");
    } catch (const std::exception& failure) {
      FAIL() << failure.what() << here.server().log() << there.server().log();
    }
  }
  // The connection of the vault itself may have been idle for too long.
  EXPECT_EQ(storage_answer(there.begin(query("load"))->read()).data, std::to_string(clients * std::stol(times)));
}

// As it should be: who logs in at one is known at the other, and of 64 clients that count on one session none is lost.
// KIRSCH_SESSION_INCREMENTS: how often each counts.
inline void expect_shared_sessions(const std::string& storage) {
  const auto* const wanted = std::getenv("KIRSCH_SESSION_INCREMENTS");
  const int times = wanted == nullptr ? 10 : std::atoi(wanted);
  constexpr int clients = 64;
  const auto yaml = visitors("lock_timeout: 80s, lock_lease: 90s", storage);
  const Server here(yaml), there(yaml);
  Guest guest(here);
  guest.ask("/?login=ada&count");
  Guest elsewhere(there, guest.id);
  EXPECT_EQ(elsewhere.body("/"), "old\nkirsch.user=ada\nn=1\n");

  EXPECT_EQ(failures_of_a_crowd({&here, &there}, guest.id, clients, times), 0) << here.log() << there.log();
  EXPECT_EQ(elsewhere.body("/"), "old\nkirsch.user=ada\nn=" + std::to_string(clients * times + 1) + "\n");

  elsewhere.ask("/?expire");
  EXPECT_EQ(Guest(here, guest.id).body("/"), "new\n");
}

}  // namespace kirsch::test
