// The order of the checks, their time, and what is skipped when.
#include "trial/trial.h"

#include <optional>
#include <string>

#include "base/temporary_folder.h"
#include "loader/private_copy.h"
#include "loader/probe.h"
#include "trial/checks.h"

namespace kirsch::trial {
namespace {

using Seconds = std::chrono::seconds;

constexpr std::uint64_t seed = 1;
constexpr const char* folder_name = "kirsch-check";

std::string sentence(const base::Diagnostic& diagnostic) {
  return diagnostic.message + (diagnostic.help.empty() ? "" : "; " + diagnostic.help);
}

class Trial {
 public:
  explicit Trial(const std::function<void(const Finding&)>& tell) : tell_(tell) {}

  std::vector<Finding> findings(const Order& order) {
    try {
      subject_ = examine(order, folder_.path());
      note("manifest", ok(subject_->manifest().name + " " + subject_->manifest().version));
    } catch (const base::Refusal& refusal) {
      note("manifest", failed(sentence(refusal.diagnostics().front())));
      blocked_ = "its manifest cannot be used";
    }
    look_at_file();
    load();
    if (subject_)
      for (std::size_t index = 0; index < subject_->manifest().provides.size(); ++index) try_offer(index);
    return std::move(findings_);
  }

 private:
  void note(const std::string& check, Outcome outcome, const std::string& whom = {}) {
    findings_.push_back({check, whom, std::move(outcome)});
    tell_(findings_.back());
    folder_.clear();  // what one check left is not the next one's
  }

  template <typename Look>
  void look(const std::string& check, Look at_file) {
    note(check, blocked_.empty() ? at_file(*subject_) : skipped(blocked_));
  }

  void in_process(const std::string& check, Seconds limit, const Check& run, const std::string& whom = {}) {
    note(check, blocked_.empty() ? in_child(limit, contained(run)) : skipped(blocked_), whom);
  }

  // A refusal of the loader is an answer.
  static Check contained(const Check& run) {
    return [&run](Progress& progress) {
      try {
        return run(progress);
      } catch (const base::Refusal& refusal) {
        return failed(sentence(refusal.diagnostics().front()));
      }
    };
  }

  void look_at_file() {
    look("exported symbols", check_exports);
    look("unique symbols", check_unique);
    look("text relocations", check_text_relocations);
  }

  void load() {
    look("constructors", [this](const Subject& subject) { return constructors(subject); });
    if (blocked_.empty() && findings_.back().outcome.verdict == Verdict::failed) blocked_ = "it cannot be loaded";
    in_process("undefined symbols", Seconds(20), [this](Progress&) { return check_undefined(*subject_); });
    in_process("unloading", Seconds(60), [this](Progress& progress) { return check_unloading(*subject_, progress); });
  }

  Outcome constructors(const Subject& subject) {
    try {
      loader::PrivateCopies copies(subject.folder / "state");
      loader::Probe probe;
      const auto refusal = probe.refusal(*subject.file, copies.copy(*subject.file));
      return refusal ? failed(sentence(*refusal)) : ok();
    } catch (const base::Refusal& refusal) {
      return failed(sentence(refusal.diagnostics().front()));
    }
  }

  void try_offer(std::size_t index) {
    const auto& offer = subject_->manifest().provides[index];
    const std::string whom = std::string(loader::word(offer.kind)) + " " + offer.name;
    const auto& subject = *subject_;
    in_process(
        "instances", Seconds(60), [&](Progress& at) { return check_instances(subject, index, at); }, whom);
    in_process(
        "options", Seconds(60), [&](Progress& at) { return check_options(subject, index, seed, at); }, whom);
    in_process(
        "requests", Seconds(90), [&](Progress& at) { return check_requests(subject, index, at); }, whom);
    in_process(
        "concurrency", Seconds(60), [&](Progress& at) { return check_concurrency(subject, index, at); }, whom);
    in_process(
        "host failures", Seconds(120), [&](Progress& at) { return check_host_failures(subject, index, at); }, whom);
  }

  const std::function<void(const Finding&)>& tell_;
  const base::TemporaryFolder folder_{folder_name};
  std::optional<Subject> subject_;
  std::string blocked_;  // why what follows cannot be tried
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> try_module(const Order& order, const std::function<void(const Finding&)>& tell) {
  base::TemporaryFolder::sweep(folder_name);
  return Trial(tell).findings(order);
}

}  // namespace kirsch::trial
