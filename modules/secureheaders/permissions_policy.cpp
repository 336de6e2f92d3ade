// The value is a dictionary of structured fields (RFC 8941 3.2), which a browser drops as a whole for one bad
// character.
#include "permissions_policy.h"

#include <kirsch/options.h>
#include <kirsch/origin.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace secureheaders {
namespace {

// OWASP's list; the abandoned interest-cohort gave way to its successor browsing-topics.
constexpr std::array<std::string_view, 29> features{"accelerometer",
                                                    "autoplay",
                                                    "browsing-topics",
                                                    "camera",
                                                    "clipboard-read",
                                                    "clipboard-write",
                                                    "cross-origin-isolated",
                                                    "display-capture",
                                                    "encrypted-media",
                                                    "fullscreen",
                                                    "gamepad",
                                                    "geolocation",
                                                    "gyroscope",
                                                    "hid",
                                                    "idle-detection",
                                                    "keyboard-map",
                                                    "magnetometer",
                                                    "microphone",
                                                    "midi",
                                                    "payment",
                                                    "picture-in-picture",
                                                    "publickey-credentials-get",
                                                    "screen-wake-lock",
                                                    "serial",
                                                    "sync-xhr",
                                                    "unload",
                                                    "usb",
                                                    "web-share",
                                                    "xr-spatial-tracking"};

[[noreturn]] void refuse_permissions(const std::string& sentence) {
  throw kirsch::OptionError("permissions_policy", sentence);
}

void check_feature(const std::string& name) {
  if (std::find(features.begin(), features.end(), name) != features.end()) return;
  const auto is_letter = [](char byte) { return byte >= 'a' && byte <= 'z'; };
  const bool key = !name.empty() && is_letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char byte) {
    return is_letter(byte) || (byte >= '0' && byte <= '9') || byte == '-';
  });
  if (!key)
    refuse_permissions("'" + name +
                       "' cannot be the name of a feature: a lower-case letter, then such letters, digits " +
                       "and hyphens");
  // New features appear often, so an unknown name is taken unless it looks like a slip.
  if (const auto nearest = kirsch::nearest(name, features); !nearest.empty()) {
    refuse_permissions("unknown feature '" + name + "'; did you mean '" + std::string(nearest) + "'?");
  }
}

// Or all below one: https://*.example.org.
bool is_origin(std::string word) {
  if (!word.starts_with("https://") && !word.starts_with("http://")) return false;
  if (const auto below = word.find("://*."); below != word.npos) word.erase(below + 3, 2);
  return kirsch::origin(word) == word;
}

std::string item(const std::string& feature, const std::string& word) {
  if (word == "self") return word;
  if (is_origin(word)) return "\"" + word + "\"";
  if (word == "'self'") refuse_permissions("the keyword of " + feature + " has no quotes of its own here: write self");
  refuse_permissions("'" + word + "' of " + feature +
                     " is none of none, self, all or an origin such as https://example.org");
}

std::string allowance(const std::string& feature, const std::variant<std::string, std::vector<std::string>>& value) {
  const auto* word = std::get_if<std::string>(&value);
  if (word != nullptr && *word == "none") return "()";
  if (word != nullptr && (*word == "all" || *word == "*")) return "*";
  if (word != nullptr) return "(" + item(feature, *word) + ")";
  std::string list;
  for (const auto& entry : std::get<std::vector<std::string>>(value)) {
    list += (list.empty() ? "" : " ") + item(feature, entry);
  }
  return "(" + list + ")";
}

}  // namespace

std::string compile(const Permissions& changes) {
  Permissions merged;
  for (const auto feature : features) merged.emplace_back(feature, feature == "sync-xhr" ? "self" : "none");
  for (const auto& [feature, value] : changes) {
    check_feature(feature);
    const auto known = std::find_if(merged.begin(), merged.end(),
                                    [&name = feature](const auto& entry) { return entry.first == name; });
    if (known != merged.end()) {
      known->second = value;
    } else {
      merged.emplace_back(feature, value);
    }
  }
  std::string text;
  for (const auto& [feature, value] : merged) {
    if (value) text += (text.empty() ? "" : ", ") + feature + "=" + allowance(feature, *value);
  }
  return text;
}

}  // namespace secureheaders
