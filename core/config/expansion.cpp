// One pass from left to right.
#include "config/expansion.h"

#include <cstdlib>

#include "base/text.h"

namespace kirsch::config {
namespace {

Parsed<std::string> variable(std::string_view inside, bool secret) {
  const std::size_t mark = inside.find(":-");
  const std::string name(inside.substr(0, mark));
  if (!base::is_name(name))
    return Misfit{"'${" + (secret ? "…" : std::string(inside)) + "}' names no variable",
                  "write ${NAME}, or $${ for the text itself"};
  const char* value = std::getenv(name.c_str());
  if (value != nullptr && (*value != '\0' || mark == std::string_view::npos)) return std::string(value);
  if (mark != std::string_view::npos) return std::string(inside.substr(mark + 2));
  return Misfit{"the environment variable '" + name + "' is not set", "set it, or write ${" + name + ":-default}"};
}

}  // namespace

Parsed<std::string> expanded_text(std::string_view text, bool secret) {
  std::string result;
  for (;;) {
    const std::size_t start = text.find("${");
    result += text.substr(0, start);
    if (start == std::string_view::npos) return result;
    if (start > 0 && text[start - 1] == '$') {
      result += '{';
      text.remove_prefix(start + 2);
      continue;
    }
    const std::size_t end = text.find('}', start);
    if (end == std::string_view::npos)
      return Misfit{"'${' is not closed with '}'", "write ${NAME}, or $${ for the text itself"};
    Parsed<std::string> value = variable(text.substr(start + 2, end - start - 2), secret);
    if (std::holds_alternative<Misfit>(value)) return value;
    result += std::get<std::string>(value);
    text.remove_prefix(end + 1);
  }
}

std::string unexpanded(std::string_view text) {
  std::string result(text);
  for (auto at = result.find("${"); at != std::string::npos; at = result.find("${", at + 3)) result.insert(at, 1, '$');
  return result;
}

}  // namespace kirsch::config
