// Browsers skip what they do not understand in a policy, so a slip means no protection: everything is refused at load
// that CSP3 2.3 does not define.
#include "content_security_policy.h"

#include <kirsch/origin.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace secureheaders {
namespace {

using Words = std::vector<std::string>;

constexpr std::array<std::string_view, 14> keywords{"self",
                                                    "none",
                                                    "unsafe-inline",
                                                    "unsafe-eval",
                                                    "unsafe-hashes",
                                                    "strict-dynamic",
                                                    "report-sample",
                                                    "wasm-unsafe-eval",
                                                    "trusted-types-eval",
                                                    "unsafe-webtransport-hashes",
                                                    "inline-speculation-rules",
                                                    "report-sha256",
                                                    "report-sha384",
                                                    "report-sha512"};
constexpr std::array<std::string_view, 14> sandbox_tokens{"allow-downloads",
                                                          "allow-forms",
                                                          "allow-modals",
                                                          "allow-orientation-lock",
                                                          "allow-pointer-lock",
                                                          "allow-popups",
                                                          "allow-popups-to-escape-sandbox",
                                                          "allow-presentation",
                                                          "allow-same-origin",
                                                          "allow-scripts",
                                                          "allow-storage-access-by-user-activation",
                                                          "allow-top-navigation",
                                                          "allow-top-navigation-by-user-activation",
                                                          "allow-top-navigation-to-custom-protocols"};
constexpr std::string_view upgrade = "upgrade-insecure-requests";

[[noreturn]] void refuse(const std::string& sentence) { throw kirsch::OptionError("csp", sentence); }

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& byte : out) {
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
  }
  return out;
}

std::string suggestion(std::string_view written, std::span<const std::string_view> names) {
  const auto name = kirsch::nearest(written, names);
  return name.empty() ? std::string() : "; did you mean '" + std::string(name) + "'?";
}

constexpr auto directive_names =
    std::apply([](const auto&... option) { return std::array<std::string_view, sizeof...(option)>{option.name...}; },
               Directives::options.list);

template <std::size_t Size>
bool among(const std::array<std::string_view, Size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Words words_of(std::string_view text) {
  Words words;
  std::size_t begin = 0;
  while ((begin = text.find_first_not_of(" \t", begin)) != std::string_view::npos) {
    const auto end = std::min(text.find_first_of(" \t", begin), text.size());
    words.emplace_back(text.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

// Printable ASCII without what divides directives and policies (RFC 9110 5.6.1 makes the comma a divider).
void check_characters(const std::string& name, const std::string& word) {
  for (const char byte : word) {
    if (byte <= ' ' || byte > '~' || byte == ';' || byte == ',' || byte == '"' || byte == '\\') {
      refuse("the directive " + name + " has a value with a character that cannot stand in a policy");
    }
  }
}

bool is_hash(std::string_view inner) {
  return inner.starts_with("sha256-") || inner.starts_with("sha384-") || inner.starts_with("sha512-");
}

// Base64 of so many bytes as the function has, in either alphabet (CSP3 2.3.1); browsers skip any other.
bool is_whole_hash(std::string_view inner) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_";
  const std::size_t bytes = inner.starts_with("sha256-") ? 32 : inner.starts_with("sha384-") ? 48 : 64;
  auto value = inner.substr(7);
  while (value.ends_with('=') && value.size() > (bytes * 4 + 2) / 3) value.remove_suffix(1);
  return value.size() == (bytes * 4 + 2) / 3 && value.find_first_not_of(letters) == value.npos;
}

void check_quoted_source(const std::string& name, const std::string& word) {
  const bool closed = word.size() > 2 && word.back() == '\'' && word.find('\'', 1) == word.size() - 1;
  if (!closed) refuse("the quotes of " + word + " in " + name + " do not match");
  const auto inner = word.substr(1, word.size() - 2);
  if (inner.starts_with("nonce-")) {
    refuse("a nonce in " + name + " must be new for every answer, so it cannot be configured; use a hash");
  }
  if (is_hash(inner)) {
    if (!is_whole_hash(inner)) refuse(word + " in " + name + " is not the whole hash of something, in Base64");
  } else if (!among(keywords, lower(inner))) {
    refuse("unknown keyword " + word + " in " + name + suggestion(lower(inner), keywords));
  }
  if (name == "frame-ancestors" && lower(inner) != "self" && lower(inner) != "none")
    refuse("frame-ancestors knows no " + word + ": write hosts, schemes, 'self' or 'none'");
}

bool is_scheme(std::string_view text) {  // RFC 3986 3.1
  return !text.empty() && text[0] >= 'a' && text[0] <= 'z' &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+-.") == text.npos;
}

// "https:", or a host with its scheme, port and path if it has them, in lower case (CSP3 2.3.1). There are no addresses
// of IPv6.
bool is_host_or_scheme(std::string_view text) {
  if (text.ends_with(':')) return is_scheme(text.substr(0, text.size() - 1));
  if (const auto end = text.find("://"); end != text.npos) {
    if (!is_scheme(text.substr(0, end))) return false;
    text.remove_prefix(end + 3);
  }
  auto host = std::string(text.substr(0, text.find('/')));
  if (host.ends_with(":*")) host.erase(host.size() - 2);
  if (host == "*" || host.starts_with("*:")) host.replace(0, 1, "any");
  if (host.starts_with("*.")) host.erase(0, 2);
  return !host.starts_with('[') && kirsch::is_authority(host);
}

void check_source(const std::string& name, const std::string& word) {
  if (word.front() == '\'') return check_quoted_source(name, word);
  const auto bare = lower(word);
  if (among(keywords, bare) || is_hash(bare) || bare.starts_with("nonce-")) {
    refuse("without quotes " + word + " is the name of a host, not the keyword, in " + name + ": write " +
           quoted("'" + word + "'"));
  }
  constexpr std::array<std::string_view, 8> schemes{"http", "https", "ws",          "wss",
                                                    "data", "blob",  "mediastream", "filesystem"};
  if (among(schemes, bare)) {
    refuse("without a colon " + word + " is the name of a host, not the scheme, in " + name + ": write " +
           quoted(word + ":"));
  }
  if (!is_host_or_scheme(bare)) {
    refuse(quoted(word) + " in " + name + " is neither a keyword in quotes nor a scheme nor a host");
  }
}

// Where reports go: addresses, or the name of an endpoint.
void check_reports(const std::string& name, const Words& words) {
  if (name == "report-to" && words.size() != 1) refuse("report-to takes the name of one endpoint");
  for (const auto& word : words)
    if (word.find('\'') != word.npos) refuse(word + " in " + name + " is not where reports can go");
}

void check_trusted_types(const Words& words) {
  for (const auto& word : words) {
    if (word.find('\'') != word.npos && word != "'none'" && word != "'allow-duplicates'")
      refuse("unknown keyword " + word + " in trusted-types: it knows 'none' and 'allow-duplicates'");
  }
}

void check_sandbox(const std::string& word) {
  if (!among(sandbox_tokens, word)) refuse("unknown sandbox token " + quoted(word) + suggestion(word, sandbox_tokens));
}

void check(const std::string& name, const Words& words) {
  for (const auto& word : words) check_characters(name, word);
  if (name == "sandbox") {
    std::for_each(words.begin(), words.end(), check_sandbox);
    return;
  }
  if (words.empty()) refuse("the directive " + name + " names nothing: write " + quoted(name + " 'none'"));
  if (name == "require-trusted-types-for") {
    if (words != Words{"'script'"}) refuse("the only value of require-trusted-types-for is " + quoted("'script'"));
    return;
  }
  if (name == "trusted-types") return check_trusted_types(words);
  if (name == "report-to" || name == "report-uri") return check_reports(name, words);
  for (const auto& word : words) {
    check_source(name, word);
    if (lower(word) == "'none'" && words.size() > 1) refuse("'none' stands alone in " + name + ", or is left out");
  }
}

// `default-src='self'` and `default-src: 'self'` are one unknown directive to a browser.
[[noreturn]] void refuse_name(const Words& words) {
  const auto& first = words.front();
  const auto divider = first.find_first_of("=:");
  if (divider == std::string::npos) {
    refuse("unknown directive '" + first + "'" + suggestion(lower(first), directive_names));
  }
  auto right = first.substr(0, divider);
  if (divider + 1 < first.size()) right += " " + first.substr(divider + 1);
  for (std::size_t index = 1; index < words.size(); ++index) right += " " + words[index];
  refuse("browsers ignore " + quoted(first) + ", because a space divides a directive from its sources: write " +
         quoted(right));
}

class Writer {
 public:
  void add(const std::string& name, const Words& words) {
    check(name, words);
    if (!policy_.empty()) policy_ += "; ";
    policy_ += name;
    for (const auto& word : words) policy_ += " " + word;
  }
  void upgrade_insecure_requests() { upgrades_ = true; }
  ContentSecurityPolicy finish() const {
    if (!upgrades_) return {policy_, policy_};
    return {policy_, policy_ + (policy_.empty() ? "" : "; ") + std::string(upgrade)};
  }

 private:
  std::string policy_;
  bool upgrades_ = false;
};

void add_written(Writer& writer, std::set<std::string>& seen, std::string_view text) {
  auto words = words_of(text);
  if (words.empty()) return;
  const auto name = lower(words.front());
  if (!among(directive_names, name)) refuse_name(words);
  if (!seen.insert(name).second) refuse("the directive " + name + " stands twice; browsers obey only the first");
  words.erase(words.begin());
  if (name != upgrade) return writer.add(name, words);
  if (!words.empty()) refuse(std::string(upgrade) + " takes no value");
  writer.upgrade_insecure_requests();
}

ContentSecurityPolicy compile_text(std::string_view text) {
  Writer writer;
  std::set<std::string> seen;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(';', begin), text.size());
    add_written(writer, seen, text.substr(begin, end - begin));
    begin = end + 1;
  }
  if (seen.empty()) refuse("the policy is empty: write `csp: off` to send none");
  return writer.finish();
}

ContentSecurityPolicy compile_list(const std::vector<std::string>& list) {
  std::string text;
  for (const auto& item : list) text += item + ";";
  return compile_text(text);
}

Words words_of(const std::variant<std::string, std::vector<std::string>>& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return words_of(std::string_view(*text));
  return std::get<std::vector<std::string>>(value);
}

ContentSecurityPolicy compile_map(const Directives& directives) {
  Writer writer;
  const auto add = [&](const auto& option) {
    const auto& value = directives.*(option.member);
    if constexpr (std::same_as<std::remove_cvref_t<decltype(value)>, bool>) {
      if (value) writer.upgrade_insecure_requests();
    } else if (value) {
      writer.add(std::string(option.name), words_of(*value));
    }
  };
  std::apply([&](const auto&... option) { (add(option), ...); }, Directives::options.list);
  return writer.finish();
}

}  // namespace

ContentSecurityPolicy compile(const PolicyOption& option) {
  if (const auto* text = std::get_if<std::string>(&option)) return compile_text(*text);
  if (const auto* list = std::get_if<std::vector<std::string>>(&option)) return compile_list(*list);
  return compile_map(std::get<Directives>(option));
}

}  // namespace secureheaders
