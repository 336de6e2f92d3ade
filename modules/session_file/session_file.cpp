// Sessions in files, for all server processes of a machine.
#include <kirsch/module.h>

#include "record_queues.h"

namespace {

struct File {
  kirsch::Path path;
  session_file::Sync sync = session_file::Sync::data;
  std::uint64_t queue = 0;
  std::shared_ptr<session_file::RecordQueues> records;

  static constexpr auto options = kirsch::options(
      kirsch::opt<&File::path>("path", kirsch::required, "the folder of the records, for the server's user alone"),
      kirsch::opt<&File::sync>("sync", "data", "what a loss of power may take: nothing, the last changes, or records"),
      kirsch::opt<&File::queue>("queue", "4096", "operations that may wait; more are refused").range(1, 1'000'000));

  void prepare() { records = std::make_shared<session_file::RecordQueues>(path.text, sync, queue); }
  ~File() {
    if (records != nullptr) records->end();
  }

  using Key = kirsch::SessionKey;
  using Answer = kirsch::SessionAnswer;
  using Span = std::chrono::milliseconds;
  void load(const Key& key, Answer&& answer) { records->load(key, std::move(answer)); }
  std::uint64_t lock(const Key& key, Span lease, Answer&& answer) {
    return records->lock(key, lease, std::move(answer));
  }
  void cancel(const Key& key, std::uint64_t ticket) { records->cancel(key, ticket); }
  void store(const Key& key, const kirsch::SessionWrite& write, Answer&& answer) {
    records->store(key, write, std::move(answer));
  }
  void touch(const Key& key, std::uint64_t held, bool unlocking, Span left, Answer&& answer) {
    records->touch(key, held, unlocking, left, std::move(answer));
  }
  void remove(const Key& key, std::uint64_t held, Answer&& answer) { records->remove(key, held, std::move(answer)); }
  void unlock(const Key& key, std::uint64_t held, Answer&& answer) { records->unlock(key, held, std::move(answer)); }
  bool sweep() { return records->sweep(); }
  kirsch::SessionCounters counters() { return records->counters(); }
};

}  // namespace

KIRSCH_MODULE("session_file", "1.0.0", kirsch::summary("Keeps sessions in files, which all servers of a machine share"),
              kirsch::session_storage<File>("file"));
