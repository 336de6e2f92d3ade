// A list by the rules of RFC 9110 5.6.1: space around each part, elements may be empty.
#include "extensions.h"

#include <kirsch/options.h>

#include <algorithm>

namespace websocket {
namespace {

class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  bool is_at(char mark) const { return rest_.starts_with(mark); }
  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }
  bool take(char mark) {
    skip_space();
    if (!is_at(mark)) return false;
    rest_.remove_prefix(1);
    skip_space();
    return true;
  }
  // Empty: there is none.
  std::string_view token() {
    const auto text = rest_.substr(0, rest_.find_first_of(" \t,;=\""));
    if (!kirsch::detail::is_token(text)) return {};
    rest_.remove_prefix(text.size());
    return text;
  }
  // A token, also one in quotes: nothing else may stand there.
  std::string value() {
    if (!is_at('"')) return std::string(token());
    std::string text;
    for (std::size_t at = 1; at < rest_.size(); ++at) {
      if (rest_[at] == '"') {
        rest_.remove_prefix(at + 1);
        return kirsch::detail::is_token(text) ? text : std::string();
      }
      if (rest_[at] == '\\' && ++at == rest_.size()) break;
      text += rest_[at];
    }
    return {};
  }

 private:
  std::string_view rest_;
};

bool read(Cursor& cursor, Extension& extension) {
  extension.name = cursor.token();
  if (extension.name.empty()) return false;
  while (cursor.take(';')) {
    ExtensionParameter parameter{cursor.token(), std::nullopt};
    if (parameter.name.empty()) return false;
    if (cursor.take('=')) {
      parameter.value = cursor.value();
      if (parameter.value->empty()) return false;
    }
    extension.parameters.push_back(std::move(parameter));
  }
  return true;
}

}  // namespace

std::optional<std::vector<Extension>> parse_extensions(std::string_view field) {
  std::vector<Extension> extensions;
  Cursor cursor(field);
  do {
    cursor.skip_space();
    if (cursor.at_end() || cursor.is_at(',')) continue;
    if (!read(cursor, extensions.emplace_back())) return std::nullopt;
  } while (cursor.take(','));
  if (!cursor.at_end() || extensions.empty()) return std::nullopt;
  return extensions;
}

}  // namespace websocket
