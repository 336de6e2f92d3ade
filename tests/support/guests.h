// Clients and servers with sessions, for the tests of modules that use them.
#pragma once

#include <gmock/gmock.h>

#include <atomic>
#include <functional>
#include <sstream>
#include <thread>

#include "support/client.h"
#include "support/session_storage_suite.h"

namespace kirsch::test {

// A server whose paths are handlers of the fixture `visitor`, with the tool `sessions` and these options of it; /vault
// looks into the storage itself.
inline std::string visitors(const std::string& options, const std::string& storage = "{ memory: {} }",
                            const std::string& more = {}) {
  return loopback(
      "server: { loops: 2, workers: 4 }\npipelines: { guests: { sessions: { "
      "storage: " +
      storage + (options.empty() ? "" : ", ") + options +
      " } } }\n"
      "paths:\n"
      "  /: { handler: { visitor: {} }, tools: { use: [guests] } }\n"
      "  /locking: { handler: { visitor_locking: {} }, tools: { use: [guests] } }\n"
      "  /staying: { handler: { visitor_staying: {} }, tools: { use: [guests] } }\n"
      "  /waker: { handler: { visitor_waker: {} } }\n"
      "  /streaming: { handler: { visitor_streaming: {} }, tools: { use: [guests] } }\n"
      "  /upgrading: { handler: { visitor_upgrading: {} }, tools: { use: [guests] } }\n"
      "  /vault: { handler: { vault: { storage: " +
      storage + " } } }\n" + more);
}

// The value of the cookie that an answer sets; empty: none.
inline std::string cookie_of(const Response& answer, const std::string& name = "__Host-sid") {
  for (const auto& [field, value] : answer.fields) {
    if (field == "Set-Cookie" && value.starts_with(name + "="))
      return value.substr(name.size() + 1, value.find(';') - name.size() - 1);
  }
  return {};
}

inline std::string cookie_field(const std::string& id, const std::string& name = "__Host-sid") {
  return id.empty() ? "" : "Cookie: " + name + "=" + id + "\r\n";
}

// A browser with one cookie.
class Guest {
 public:
  std::string id;

  explicit Guest(const Server& server, std::string with_id = {}, std::string name = "__Host-sid")
      : id(std::move(with_id)), server_(server), name_(std::move(name)) {}

  Response ask(const std::string& target, const std::string& method = "GET", const std::string& fields = {}) {
    auto answer = request(server_, method, target, cookie_field(id, name_) + fields);
    if (const auto given = cookie_of(answer, name_); answer.count("Set-Cookie") != 0) id = given;
    return answer;
  }
  std::string body(const std::string& target) { return ask(target).body; }
  // Sends the request on a connection of its own.
  std::unique_ptr<Client> begin(const std::string& target) const {
    auto client = std::make_unique<Client>(server_);
    client->send("GET " + target + " HTTP/1.1\r\nHost: a\r\n" + cookie_field(id, name_) + "\r\n");
    return client;
  }

 private:
  const Server& server_;
  std::string name_;
};

// For tests of both kinds of storages: one that answers at once, and one that takes its time.
inline auto storages_of_both_kinds() { return ::testing::Values("{ memory: {} }", "{ cellar: {} }"); }
inline std::string kind_name(const ::testing::TestParamInfo<std::string>& of) {
  return of.param.substr(2, of.param.find(':') - 2);
}

// What the storage counts.
inline StorageCounters counters_of(const Server& server, const std::string& vault = "/vault") {
  std::istringstream in(get(server, vault + "?op=counters").body);
  StorageCounters now;
  in >> now.records >> now.bytes >> now.created >> now.expired >> now.evicted >> now.lock_waits >> now.lost_locks;
  return now;
}

// That many clients, spread over the servers, count on one session, each that many times. Returns how often it failed.
inline int failures_of_a_crowd(const std::vector<const Server*>& servers, const std::string& id, int clients,
                               int times) {
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int client = 0; client < clients; ++client) {
    threads.emplace_back([&, client] {
      for (int time = 0; time < times;) {  // a server ends each connection after some thousand requests at most
        Client connection(*servers[static_cast<std::size_t>(client) % servers.size()]);
        for (bool kept = true; kept && time < times; ++time) {
          connection.send("GET /?count HTTP/1.1\r\nHost: a\r\n" + cookie_field(id) + "\r\n");
          const auto answer = connection.read(Milliseconds(90'000));
          if (answer.status != 200) ++failures;
          kept = answer.field("Connection") != "close";
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  return failures;
}

inline void until(const std::function<bool()>& so) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!so()) ASSERT_LT(std::chrono::steady_clock::now(), end) << "it never came to be";
}

}  // namespace kirsch::test
