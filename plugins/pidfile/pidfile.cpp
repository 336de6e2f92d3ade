// Says in a file which process serves: from the start, before anything else could meet a second server, to the exit.
#include <kirsch/module.h>
#include <unistd.h>

#include "pid_file.h"

namespace {

struct Pidfile {
  std::string path;
  static constexpr auto options = kirsch::options(
      kirsch::opt<&Pidfile::path>("path", kirsch::required, "absolute; the file that names the process"));

  void prepare() {
    if (!path.starts_with('/')) throw kirsch::OptionError("path", "'" + path + "' is not an absolute path");
    if (path.ends_with('/')) throw kirsch::OptionError("path", "'" + path + "' names a directory, not a file");
  }

  void start() {
    const auto predecessor = kirsch::Process::predecessor();
    file_.emplace(path);
    // Behind the core, which has ended a successor that failed.
    restarted_.emplace("restart", 100, [this](const kirsch::Event&) { file_->remove_prepared(); });
    if (predecessor == 0) return claim();
    refusing([&] { file_->prepare(predecessor); });
    // A successor that does not come to serve must leave the file to whom it belongs.
    ready_.emplace("ready", 50, [this, predecessor](const kirsch::Event&) {
      file_->take_over(predecessor);
      kirsch::log(kirsch::Level::info, path, " names this process, ", ::getpid(), ", instead of ", predecessor);
    });
  }

  void exit() {
    ready_.reset();
    restarted_.reset();
    try {
      if (file_) file_->remove();
    } catch (const pidfile::Unavailable& failure) {
      // The lock ends with this process, so the next server replaces it.
      kirsch::log(kirsch::Level::warning, failure.what(), "; it stays behind and means nothing");
    }
  }

 private:
  void claim() {
    std::string stale;
    refusing([&] { stale = file_->claim(); });
    if (!stale.empty())
      kirsch::log(kirsch::Level::warning, path, " named ", stale, ", which no longer holds it: replaced");
  }

  template <class Work>
  static void refusing(Work work) {
    try {
      work();
    } catch (const pidfile::Unavailable& failure) {
      throw kirsch::OptionError("path", failure.what());
    }
  }

  std::optional<pidfile::PidFile> file_;
  std::optional<kirsch::Subscription> ready_, restarted_;
};

}  // namespace

KIRSCH_MODULE(
    "pidfile", "1.0.0", kirsch::summary("Names the process in a file, and refuses a second server"), kirsch::early,
    kirsch::in_keeper, kirsch::requires_feature(KIRSCH_FEATURE_BUS), kirsch::requires_feature(KIRSCH_FEATURE_PROCESS),
    kirsch::plugin<Pidfile>("pidfile").priority(kirsch::Channel::start, 70).priority(kirsch::Channel::exit, 70));
