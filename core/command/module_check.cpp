// A line per check when it is done, for people; one object at the end, for programs.
#include "command/module_check.h"

#include <algorithm>
#include <iostream>

#include "base/text.h"
#include "command/json.h"
#include "command/terminal.h"
#include "command/value_report.h"
#include "config/document.h"
#include "trial/trial.h"

namespace kirsch::command {
namespace {

using trial::Finding;
using trial::Verdict;

const char* word(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return "ok";
    case Verdict::failed:
      return "failed";
    default:
      return "skipped";
  }
}

void print_line(const Finding& finding) {
  const auto& [verdict, reason] = finding.outcome;
  const std::string what = finding.check + (finding.subject.empty() ? "" : ": " + finding.subject);
  std::cout << padded(word(verdict), 9) << base::escaped(what)
            << (reason.empty() ? "" : (verdict == Verdict::ok ? " (" : "\n         ") + base::escaped(reason))
            << (reason.empty() || verdict != Verdict::ok ? "\n" : ")\n") << std::flush;
}

std::string conclusion(std::size_t all, std::ptrdiff_t failed, std::ptrdiff_t skipped) {
  if (failed == 0 && skipped == 0) return "all checks passed";
  const auto first = failed > 0 ? failed : skipped;
  const std::string of_all = std::to_string(first) + " of " + std::to_string(all) + " checks ";
  if (failed == 0) return of_all + "skipped, the others passed";
  return of_all + "failed" + (skipped > 0 ? ", " + std::to_string(skipped) + " skipped" : "");
}

void print_object(const std::string& file, const std::vector<Finding>& findings, bool good) {
  JsonWriter json;
  json.open_object().field("file", file).field("ok", good).key("checks").open_array();
  for (const auto& finding : findings) {
    json.open_object().field("check", finding.check).field("result", word(finding.outcome.verdict));
    if (!finding.subject.empty()) json.field("of", finding.subject);
    if (!finding.outcome.reason.empty()) json.field("reason", finding.outcome.reason);
    json.close_object();
  }
  std::cout << json.close_array().close_object().text();
}

// "NAME: { … }", as YAML says it.
trial::Order parsed(const ModuleCheckOrder& order) {
  trial::Order parsed{.file = order.file, .directories = {order.paths.begin(), order.paths.end()}, .options = {}};
  for (const auto& text : order.options) {
    const auto document = config::Document::from_text(text, "--with");
    const auto colon = text.find(':');
    if (!document.root().is_mapping() || document.root().entries.size() != 1 || colon == std::string::npos)
      throw base::Refusal(base::Diagnostic{.code = "C014",
                                           .message = "--with '" + text + "' does not say options of one name",
                                           .help = "write --with 'NAME: { option: value }'",
                                           .exit_code = base::ExitCode::usage});
    parsed.options[document.root().entries.front().key.text] = text.substr(colon + 1);
  }
  return parsed;
}

}  // namespace

base::ExitCode check_module(const ModuleCheckOrder& order, bool json) noexcept {
  return guarded([&] {
    const auto findings = trial::try_module(parsed(order), [&](const Finding& finding) {
      if (!json) print_line(finding);
    });
    const auto count = [&](Verdict verdict) {
      return std::ranges::count(findings, verdict, [](const Finding& finding) { return finding.outcome.verdict; });
    };
    const auto failures = count(Verdict::failed);
    if (json) print_object(order.file, findings, failures == 0);
    if (!json) std::cout << conclusion(findings.size(), failures, count(Verdict::skipped)) << '\n';
    return failures == 0 ? base::ExitCode::ok : base::ExitCode::module_refused;
  });
}

}  // namespace kirsch::command
