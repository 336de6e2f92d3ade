// What every storage of sessions must do, whoever made it: tests/modules/session_storage_suite.cpp, on the real server.
// A storage's tests run it with one line for each way to configure it:
//   INSTANTIATE_TEST_SUITE_P(Memory, SessionStorageSuite, Values(SessionStorageCase{"{ memory: {} }"}), case_name);
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "support/client.h"

namespace kirsch::test {

struct SessionStorageCase {
  std::string storage;         // as YAML has it behind `storage:`; FOLDER stands for that of the configuration
  std::string name = "plain";  // letters, digits and _
};
inline std::string case_name(const ::testing::TestParamInfo<SessionStorageCase>& info) { return info.param.name; }
inline void PrintTo(const SessionStorageCase& of, std::ostream* out) { *out << of.storage; }

// What a call of the storage answered.
struct StorageAnswer {
  std::uint64_t status = 99;
  std::uint64_t revision = 0;
  std::uint64_t lock = 0;
  std::uint64_t age = 0;
  std::uint64_t left = 0;
  std::string data;
};
StorageAnswer storage_answer(const Response& response);

struct StorageCounters {
  std::uint64_t records = 0, bytes = 0, created = 0, expired = 0, evicted = 0, lock_waits = 0, lost_locks = 0,
                unavailable = 0, corrupt = 0;
};

// A server with the fixture `vault` at /, which calls the storage as a request says.
class Vault {
 public:
  explicit Vault(const std::string& storage);
  ~Vault();  // the test fails where a call was answered twice

  Server& server() { return *server_; }
  // "op=load&key=a", and what a store is to keep.
  StorageAnswer call(const std::string& query, const std::string& data = {});
  // Begins a call on a connection of its own, whose answer may take its time.
  std::unique_ptr<Client> begin(const std::string& query);
  StorageCounters counters();
  // Asks until it is so; the test fails if it never is.
  void until(const std::function<bool()>& so);

 private:
  std::unique_ptr<Server> server_;
  std::unique_ptr<Client> client_;
};

// Changes the configuration of a server, for the next reload.
void add_path(const Server& server, const std::string& path);

class SessionStorageSuite : public ::testing::TestWithParam<SessionStorageCase> {
 protected:
  Vault vault_{GetParam().storage};
};

}  // namespace kirsch::test
