// The rules that keep two parties from seeing different messages; where RFC 9112 lets one forgive, we refuse.
#include "http/framing.h"

#include <array>
#include <utility>

#include "http/authority.h"
#include "http/characters.h"

namespace kirsch::http {

namespace {

// Calls `use(element)` for each element of a comma-separated list, trimmed; empty ones too.
template <typename Use>
void for_each_element(std::string_view list, Use use) {
  while (true) {
    const std::size_t comma = list.find(',');
    use(trim(list.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

void lower_in_place(std::string_view text) {
  for (const char& c : text) {
    if (lower(c) != c) const_cast<char&>(c) = lower(c);
  }
}

class FramingReader {
 public:
  FramingReader(RequestHead& head, KnownHost& known) : head_(head), known_(known) {}

  std::optional<Fault> read() {
    for (const kirsch_field& line : head_.fields) {
      if (!concerns_framing[line.id]) continue;
      if (const auto fault = read_line(line)) return fault;
    }
    if (coding_lines_ != 0 && head_.content_length) return Fault{400, "Content-Length and Transfer-Encoding together"};
    if (coding_lines_ != 0 && head_.version_minor == 0) return Fault{400, "Transfer-Encoding in HTTP/1.0"};
    if (unknown_coding_) return Fault{501, "an unknown transfer coding"};
    if (head_.version_minor == 0) head_.expect_continue = false;  // RFC 9110 §10.1.1
    head_.keep_alive = !close_ && (head_.version_minor == 1 || keep_alive_);
    head_.upgrade = upgrade_option_ && upgrade_field_ && head_.version_minor == 1;  // RFC 9110 §7.8
    return read_host();
  }

 private:
  static constexpr auto concerns_framing = [] {
    std::array<bool, static_cast<std::size_t>(FieldName::count)> table{};
    for (const auto name : {FieldName::content_length, FieldName::transfer_encoding, FieldName::host,
                            FieldName::connection, FieldName::upgrade, FieldName::expect, FieldName::other}) {
      table[static_cast<std::size_t>(name)] = true;
    }
    return table;
  }();

  std::optional<Fault> read_line(const kirsch_field& line) {
    switch (static_cast<FieldName>(line.id)) {
      case FieldName::content_length:
        return read_content_length(value(line));
      case FieldName::transfer_encoding:
        return read_transfer_encoding(value(line));
      case FieldName::host:
        if (host_line_ != nullptr) return Fault{400, "more than one Host"};
        host_line_ = &line;
        break;
      case FieldName::connection:
        if (!read_connection(value(line))) return Fault{400, "Connection is malformed"};
        break;
      case FieldName::upgrade:
        upgrade_field_ = true;
        break;
      case FieldName::expect:
        if (!equal_ignoring_case(value(line), "100-continue")) return Fault{417, "an unknown expectation"};
        head_.expect_continue = true;
        break;
      case FieldName::other:
        if (imitates_framing(name(line))) return Fault{400, "a field that imitates the framing"};
        break;
      default:
        break;
    }
    return std::nullopt;
  }

  // Gateways that map '-' and '_' to each other would take it for the real one.
  static bool imitates_framing(std::string_view name) {
    auto imitates = [&](std::string_view real) {
      if (name.size() != real.size()) return false;
      for (std::size_t i = 0; i < name.size(); ++i) {
        if ((name[i] == '_' ? '-' : lower(name[i])) != real[i]) return false;
      }
      return true;
    };
    return imitates("content-length") || imitates("transfer-encoding");
  }

  // RFC 9112 §6.3 lets equal duplicates collapse; a second one is refused here, equal or not.
  std::optional<Fault> read_content_length(std::string_view text) {
    if (head_.content_length) return Fault{400, "more than one Content-Length"};
    constexpr std::uint64_t largest = UINT64_MAX >> 1;
    std::uint64_t number = 0;
    if (text.empty()) return Fault{400, "Content-Length is empty"};
    for (char c : text) {
      if (!is(c, character::digit)) return Fault{400, "Content-Length is not a number"};
      const auto digit = static_cast<std::uint64_t>(c - '0');
      if (number > (largest - digit) / 10) return Fault{400, "Content-Length is too large"};
      number = number * 10 + digit;
    }
    head_.content_length = number;
    return std::nullopt;
  }

  // RFC 9112 §6.1: chunked, once, and nothing else. Malformed lists are 400; unknown codings 501, if nothing worse is
  // wrong.
  std::optional<Fault> read_transfer_encoding(std::string_view text) {
    if (++coding_lines_ > 1) return Fault{400, "more than one Transfer-Encoding"};
    bool malformed = false;
    bool unknown = false;
    unsigned chunked = 0;
    bool last_is_chunked = false;
    for_each_element(text, [&](std::string_view coding) {
      last_is_chunked = equal_ignoring_case(coding, "chunked");
      if (last_is_chunked) {
        ++chunked;
      } else if (is_token(coding)) {
        unknown = true;
      } else {
        malformed = true;
      }
    });
    if (malformed || chunked > 1) return Fault{400, "Transfer-Encoding is malformed"};
    if (chunked == 1 && !last_is_chunked) return Fault{400, "chunked is not the last coding"};
    unknown_coding_ = unknown;
    head_.chunked = !unknown;
    return std::nullopt;
  }

  // Only what concerns the connection is taken; names listed here never hide a field of the message (RFC 9110 §7.6.1
  // speaks to proxies). False: an element is no token; empty ones are legal (RFC 9110 §5.6.1).
  bool read_connection(std::string_view text) {
    bool legal = true;
    for_each_element(text, [&](std::string_view option) {
      if (!option.empty() && !is_token(option)) legal = false;
      if (equal_ignoring_case(option, "close")) close_ = true;
      if (equal_ignoring_case(option, "keep-alive")) keep_alive_ = true;
      if (equal_ignoring_case(option, "upgrade")) upgrade_option_ = true;
    });
    return legal;
  }

  // RFC 9112 §3.2: exactly one, and §3.2.2 with an absolute target: the same.
  std::optional<Fault> read_host() {
    if (host_line_ == nullptr) {
      if (head_.version_minor != 0) return Fault{400, "Host is missing"};
      if (head_.authority.empty()) return std::nullopt;
    }
    if (host_line_ != nullptr && head_.authority.empty() && known_.is(value(*host_line_))) {
      head_.authority = value(*host_line_);
      head_.host = head_.authority.substr(0, known_.host_size());
      return std::nullopt;
    }
    std::optional<Authority> authority;
    if (host_line_ != nullptr) {
      authority = parse_authority(value(*host_line_));
      if (!authority) return Fault{400, "Host is malformed"};
    }
    if (!head_.authority.empty()) {
      const auto wanted = parse_authority(head_.authority);
      if (authority && !same(*wanted, *authority)) return Fault{400, "the target's host is not that of Host"};
      authority = wanted;
    } else {
      head_.authority = value(*host_line_);
    }
    lower_in_place(head_.authority);
    head_.host = authority->host;
    known_.remember(head_.authority, head_.host.size());
    return std::nullopt;
  }

  bool same(const Authority& target, const Authority& host) const {
    const std::uint16_t usual = head_.wants_https() ? 443 : 80;
    return equal_ignoring_case(target.host, host.host) && target.port.value_or(usual) == host.port.value_or(usual);
  }

  RequestHead& head_;
  KnownHost& known_;
  const kirsch_field* host_line_ = nullptr;
  unsigned coding_lines_ = 0;
  bool unknown_coding_ = false;
  bool close_ = false;
  bool keep_alive_ = false;
  bool upgrade_option_ = false;
  bool upgrade_field_ = false;
};

}  // namespace

void find_host(RequestHead& head) {
  if (!head.host.empty() || !head.authority.empty()) return;
  const kirsch_field* only = nullptr;
  for (const kirsch_field& line : head.fields) {
    if (static_cast<FieldName>(line.id) != FieldName::host) continue;
    if (std::exchange(only, &line) != nullptr) return;
  }
  const auto authority = only == nullptr ? std::nullopt : parse_authority(value(*only));
  if (!authority) return;
  head.authority = value(*only);
  lower_in_place(head.authority);
  head.host = authority->host;
}

std::optional<Fault> read_framing(RequestHead& head, KnownHost& known) { return FramingReader(head, known).read(); }

bool repeat_framing(RequestHead& head, const RequestHead& before) {
  if (head.version_minor != 1 || before.version_minor != 1 || !head.authority.empty()) return false;
  // Where the authority begins in the fields (there is Host at least), as a number: it may be that of the target.
  const auto at = reinterpret_cast<std::uintptr_t>(before.authority.data()) -
                  reinterpret_cast<std::uintptr_t>(before.fields.front().name);
  if (at >= before.bytes.size()) return false;
  head.chunked = before.chunked;
  head.keep_alive = before.keep_alive;
  head.expect_continue = before.expect_continue;
  head.upgrade = before.upgrade;
  head.content_length = before.content_length;
  head.authority = {head.fields.front().name + at, before.authority.size()};
  head.host = head.authority.substr(0, before.host.size());
  return true;
}

}  // namespace kirsch::http
