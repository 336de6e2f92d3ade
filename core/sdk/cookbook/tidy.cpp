// A scheduled job: takes old files out of a folder, every so often, as long as the server runs.
#include <kirsch/module.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

namespace {

struct Tidy {
  kirsch::Path folder;
  std::chrono::seconds age{};
  std::chrono::seconds every{};

  static constexpr auto options = kirsch::options(
      kirsch::opt<&Tidy::folder>("folder", kirsch::required, "whose files are looked at, not those of folders in it"),
      kirsch::opt<&Tidy::age>("age", "7d", "files that were not changed for so long go"),
      kirsch::opt<&Tidy::every>("every", "1h", "between two rounds").range(1'000'000'000, 2'592'000'000'000'000));

  void prepare() const {
    if (!std::filesystem::is_directory(folder.text)) throw kirsch::OptionError("folder", "this is no folder");
  }

  // Threads of a plugin begin here and end in `stop`, so none runs when the module is unloaded.
  void start() {
    thread_ = std::jthread([this](const std::stop_token& stop) {
      std::mutex mutex;
      std::unique_lock lock(mutex);
      do round();
      while (!ended_.wait_for(lock, stop, every, [&] { return stop.stop_requested(); }));
    });
  }
  void stop() noexcept { thread_ = {}; }

 private:
  void round() const noexcept {
    std::size_t gone = 0;
    std::error_code error;
    const auto oldest = std::filesystem::file_time_type::clock::now() - age;
    for (std::filesystem::directory_iterator entry(folder.text, error), end; !error && entry != end;
         entry.increment(error)) {
      std::error_code lost;  // somebody else may take it away meanwhile
      if (!entry->is_regular_file(lost) || entry->is_symlink(lost) || entry->last_write_time(lost) > oldest || lost)
        continue;
      if (std::filesystem::remove(entry->path(), lost)) ++gone;
      if (lost) kirsch::log(kirsch::Level::warning, "cannot remove ", entry->path().native(), ": ", lost.message());
    }
    if (error) kirsch::log(kirsch::Level::error, "cannot read ", folder.text, ": ", error.message());
    if (gone != 0) kirsch::log(kirsch::Level::info, "removed ", gone, " files of ", folder.text);
  }

  std::condition_variable_any ended_;
  std::jthread thread_;  // goes first
};

}  // namespace

KIRSCH_MODULE("tidy", "1.0.0", kirsch::plugin<Tidy>("tidy"));
