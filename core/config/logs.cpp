// The top key `logs`.
#include "config/logs.h"

#include "config/fields.h"

namespace kirsch::config {
namespace {

void set_target(LogSettings& to, const base::Value& value) {
  const auto& choice = std::get<base::Choice>(value.data);
  to.file.reset();
  if (choice.index == 1) to.file = as_text(choice.value.front());
}

const Fields<LogSettings>& error_log_fields() {
  static const Fields<LogSettings> fields = {
      {{"to", "stderr or a file", "stderr", one_of({enumeration({"stderr"}), path()})}, set_target},
      {{"level", "the least level that is written", "info", enumeration({"debug", "info", "warning", "error"})},
       [](LogSettings& to, const base::Value& value) { to.level = static_cast<base::Level>(as_integer(value)); }},
  };
  return fields;
}

const Fields<LogSettings>& log_fields() {
  static const Fields<LogSettings> fields = {
      {{"error", "the log of the server itself", "{}", structure(error_log_fields().options())},
       [](LogSettings& to, const base::Value& value) { error_log_fields().assign(to, value); }},
  };
  return fields;
}

}  // namespace

LogSettings read_logs(Reader& reader, const Node* section, const Node& root) {
  LogSettings settings;
  log_fields().read(reader, section, section == nullptr ? root : *section, "'logs'", settings);
  return settings;
}

}  // namespace kirsch::config
