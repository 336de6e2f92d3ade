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
};

}  // namespace

KIRSCH_MODULE("session_file", "1.0.0", kirsch::summary("Keeps sessions in files, which all servers of a machine share"),
              kirsch::session_storage<File>("file"));
