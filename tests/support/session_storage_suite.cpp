// Speaks with the fixture `vault`.
#include "support/session_storage_suite.h"

#include <fstream>
#include <sstream>
#include <thread>

namespace kirsch::test {
namespace {

std::string vault_request(const std::string& query, const std::string& data) {
  return "POST /?" + query + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(data.size()) + "\r\n\r\n" +
         data;
}

}  // namespace

StorageAnswer storage_answer(const Response& response) {
  StorageAnswer answer;
  std::istringstream in(response.body);
  in >> answer.status >> answer.revision >> answer.lock >> answer.age >> answer.left;
  const auto end = response.body.find('\n');
  if (response.status != 200 || end == std::string::npos) throw std::runtime_error("no answer: " + response.raw);
  answer.data = response.body.substr(end + 1);
  return answer;
}

Vault::Vault(const std::string& storage)
    : server_(std::make_unique<Server>(loopback("server: { loops: 2, workers: 4, drain: 1s, limits: { body: 4MiB, "
                                                "body_memory: 4MiB, keep_alive_requests: 1000000 } }\n"
                                                "paths:\n  /: { handler: { vault: { storage: " +
                                                storage + " } } }\n"))),
      client_(std::make_unique<Client>(*server_)) {}

Vault::~Vault() { EXPECT_EQ(server_->log().find("answered twice"), std::string::npos) << server_->log(); }

StorageAnswer Vault::call(const std::string& query, const std::string& data) {
  client_->send(vault_request(query, data));
  return storage_answer(client_->read());
}

std::unique_ptr<Client> Vault::begin(const std::string& query) {
  auto client = std::make_unique<Client>(*server_);
  client->send(vault_request(query, {}));
  return client;
}

StorageCounters Vault::counters() {
  client_->send(vault_request("op=counters", {}));
  StorageCounters now;
  std::istringstream in(client_->read().body);
  in >> now.records >> now.bytes >> now.created >> now.expired >> now.evicted >> now.lock_waits >> now.lost_locks >>
      now.unavailable >> now.corrupt;
  return now;
}

void Vault::until(const std::function<bool()>& so) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!so()) {
    if (std::chrono::steady_clock::now() > end) {
      ADD_FAILURE() << "it never came to be";
      return;
    }
    std::this_thread::yield();
  }
}

void add_path(const Server& server, const std::string& path) {
  const auto file = server.folder() / "kirsch.yaml";
  auto yaml = contents_of(file);
  constexpr std::string_view paths = "paths:\n";
  yaml.insert(yaml.find(paths) + paths.size(), "  " + path + "\n");
  std::ofstream(file) << yaml;
}

}  // namespace kirsch::test
