// Sessions in the memory of the server.
#include <kirsch/module.h>
#include <kirsch/storage.h>

#include "record_store.h"

namespace {

struct Memory : session_memory::RecordStore {
  std::string name;
  std::uint64_t max_sessions = 0;
  kirsch::Size max_bytes;

  static constexpr auto options = kirsch::options(
      kirsch::opt<&Memory::name>("name", "sessions", "storages of one name are one, before and after a reload")
          .max_length(64),
      kirsch::opt<&Memory::max_sessions>("max_sessions", "100000", "the oldest go when there are more")
          .range(1, 100'000'000),
      kirsch::opt<&Memory::max_bytes>("max_bytes", "256MiB", "the oldest go when they take more")
          .range(65'536, 1LL << 40));

  void prepare() {
    auto& table = kirsch::storage<session_memory::Table>("table " + name, session_memory::layout);
    RecordStore::operator=(RecordStore(table, {max_sessions, max_bytes.bytes}));
  }
};

}  // namespace

KIRSCH_MODULE("session_memory", "1.0.0", kirsch::summary("Keeps sessions in the memory of the server"),
              kirsch::session_storage<Memory>("memory"));
