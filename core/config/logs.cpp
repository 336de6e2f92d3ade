// The top key `logs`: `error` is the server's own, every other key declares a log of lines.
#include "config/logs.h"

#include <algorithm>

#include "base/text.h"
#include "config/code.h"
#include "config/fields.h"

namespace kirsch::config {
namespace {

using base::LogSettings;
using base::LogTarget;
using base::Value;

// In the order of LogTarget::Kind; beside them there are files.
const std::vector<std::string> destinations = {"stderr", "syslog", "journald"};

base::Schema target() { return one_of({enumeration(destinations), path()}); }

void set_target(LogTarget& to, const Value& value) {
  const auto& choice = std::get<base::Choice>(value.data);
  const Value& chosen = choice.value.front();
  to = LogTarget();
  to.origin = value.origin;
  if (choice.index == 0) {
    to.kind = static_cast<LogTarget::Kind>(as_integer(chosen));
  } else {
    to.kind = LogTarget::Kind::file;
    to.path = as_text(chosen);
  }
}

const Fields<LogSettings>& error_log_fields() {
  static const Fields<LogSettings> fields = {
      {{"to", "stderr, syslog, journald or a file", "stderr", target()},
       [](LogSettings& to, const Value& value) { set_target(to.error, value); }},
      {{"level", "the least level that is written", "info", enumeration({"debug", "info", "warning", "error"})},
       [](LogSettings& to, const Value& value) { to.level = static_cast<base::Level>(as_integer(value)); }},
  };
  return fields;
}

const Fields<LogTarget>& named_log_fields() {
  static const Fields<LogTarget> fields = {
      {{"to", "stderr, syslog, journald or a file", std::nullopt, target()}, set_target},
  };
  return fields;
}

// Syslog and journald know the log by its name.
bool check_name(Findings& findings, const Node& key) {
  constexpr std::size_t longest = 24;
  const auto plain = [](char byte) {
    const char lower = static_cast<char>(byte | 0x20);
    return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
  };
  const bool good =
      !key.text.empty() && key.text.size() <= longest && std::all_of(key.text.begin(), key.text.end(), plain);
  if (!good) {
    findings.error(key, code::wrong_type, "'" + key.text + "' is no name for a log",
                   {.note = {}, .help = "a name has letters, digits, - and _, at most " + std::to_string(longest)});
  } else if (base::nearest(key.text, std::vector<std::string>{"error"})) {
    findings.warning(key, code::unused, "'" + key.text + "' declares a log of its own, beside the log 'error'",
                     {.note = "did you mean 'error'?", .help = {}});
  }
  return good;
}

// A bare word is a misspelt destination more often than a file beside the configuration.
void check_destination(Findings& findings, const Node& log) {
  const Node* to = log.value("to");
  if (to == nullptr || !to->is_scalar() || to->text.find_first_of("/.$") != std::string::npos ||
      std::find(destinations.begin(), destinations.end(), to->text) != destinations.end())
    return;
  findings.error(*to, code::wrong_type, "'" + to->text + "' is no destination of a log",
                 {.note = base::did_you_mean(to->text, destinations),
                  .help = "write stderr, syslog, journald or a path, such as ./" + to->text});
}

void read_log(Reader& reader, const Entry& entry, LogSettings& settings) {
  const std::string what = "log '" + entry.key.text + "'";
  if (entry.value.is_scalar()) {
    reader.findings().error(entry.value, code::wrong_type, what + " wants a mapping, not " + description(entry.value),
                            {.note = {}, .help = "write { to: " + entry.value.text + " }"});
    return;
  }
  if (entry.value.is_mapping()) check_destination(reader.findings(), entry.value);
  if (entry.key.text == "error") {
    error_log_fields().read(reader, &entry.value, entry.key, what, settings);
  } else if (check_name(reader.findings(), entry.key)) {
    LogSettings::Named named{entry.key.text, {}};
    if (named_log_fields().read(reader, &entry.value, entry.key, what, named.target))
      settings.named.push_back(std::move(named));
  }
}

}  // namespace

const std::vector<base::Option>& error_log_options() { return error_log_fields().options(); }
const std::vector<base::Option>& named_log_options() { return named_log_fields().options(); }

LogSettings read_logs(Reader& reader, const Node* section, const Node& root) {
  static const std::vector<base::Option> none;
  LogSettings settings;
  if (section != nullptr && !section->is_mapping()) {
    reader.structure(*section, none, root, "'logs'");  // reports it
    return settings;
  }
  if (section == nullptr || section->find("error") == nullptr)
    error_log_fields().read(reader, nullptr, root, "log 'error'", settings);
  if (section != nullptr) {
    for (const Entry& entry : section->entries) read_log(reader, entry, settings);
  }
  return settings;
}

}  // namespace kirsch::config
