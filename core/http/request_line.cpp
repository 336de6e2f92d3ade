// The four forms of a target and what each method may use (RFC 9112 §3.2).
#include "http/request_line.h"

#include <algorithm>
#include <cstring>

#include "http/authority.h"
#include "http/characters.h"

namespace kirsch::http {

kirsch_method method_of(std::string_view name) {
  if (name == "GET") return KIRSCH_METHOD_GET;
  if (name == "HEAD") return KIRSCH_METHOD_HEAD;
  if (name == "POST") return KIRSCH_METHOD_POST;
  if (name == "PUT") return KIRSCH_METHOD_PUT;
  if (name == "DELETE") return KIRSCH_METHOD_DELETE;
  if (name == "OPTIONS") return KIRSCH_METHOD_OPTIONS;
  if (name == "PATCH") return KIRSCH_METHOD_PATCH;
  if (name == "CONNECT") return KIRSCH_METHOD_CONNECT;
  if (name == "TRACE") return KIRSCH_METHOD_TRACE;
  return KIRSCH_METHOD_OTHER;
}

namespace {

// RFC 9112 §2.3. Minor versions above 1 are handled as 1.
std::optional<Fault> read_version(std::string_view text, RequestHead& head) {
  if (text == "HTTP/1.1") return std::nullopt;
  const bool shaped = text.size() == 8 && text.substr(0, 5) == "HTTP/" && is(text[5], character::digit) &&
                      text[6] == '.' && is(text[7], character::digit);
  if (!shaped) return Fault{400, "the version is malformed"};
  if (text[5] != '1') return Fault{505, "the major version is not 1"};
  head.version_minor = text[7] == '0' ? 0 : 1;
  return std::nullopt;
}

// `text` has neither a space nor a fragment.
void split_query(std::string_view text, RequestHead& head) {
  const char* const end = text.data() + text.size();
  const char* const mark = end_of_run<Run::target>(text.data(), end);
  head.path = {text.data(), mark};
  if (mark != end) head.query = {mark + 1, end};
}

std::optional<Fault> read_absolute(std::string_view target, RequestHead& head) {
  const std::size_t colon = target.find("://");
  const std::string_view scheme = target.substr(0, colon);
  if (colon == std::string_view::npos ||
      (!equal_ignoring_case(scheme, "http") && !equal_ignoring_case(scheme, "https"))) {
    return Fault{400, "the target is neither a path nor an http URI"};
  }
  const std::string_view rest = target.substr(colon + 3);
  const std::size_t end = rest.find_first_of("/?");
  head.authority = rest.substr(0, end);
  if (!parse_authority(head.authority)) return Fault{400, "the target's authority is malformed"};
  if (end != std::string_view::npos) split_query(rest.substr(end), head);
  // RFC 9112 §3.2.4: OPTIONS for a server as a whole, sent to a proxy, has neither path nor query.
  if (head.path.empty()) head.path = head.method == KIRSCH_METHOD_OPTIONS && head.query.empty() ? "*" : "/";
  return std::nullopt;
}

std::optional<Fault> read_target(std::string_view target, RequestHead& head) {
  if (target.empty()) return Fault{400, "the target is empty"};
  if (head.method == KIRSCH_METHOD_CONNECT) {
    const auto authority = parse_authority(target);
    if (!authority || !authority->port) return Fault{400, "the target of CONNECT is not host:port"};
    return Fault{501, "CONNECT is not offered"};
  }
  if (target == "*") {
    if (head.method != KIRSCH_METHOD_OPTIONS) return Fault{400, "only OPTIONS may have the target *"};
    head.path = target;
    return std::nullopt;
  }
  if (target.front() != '/') return read_absolute(target, head);
  split_query(target, head);
  return std::nullopt;
}

// "GET /path?query HTTP/1.1", as nearly all are. False: it is another one, and nothing was done.
bool read_usual_line(std::string_view line, const Limits& limits, RequestHead& head) {
  constexpr std::string_view begin = "GET /";
  constexpr std::string_view end = " HTTP/1.1";
  if (line.size() < begin.size() + end.size()) return false;
  // Pointers and no views: compilers do not inline those here.
  const char* const line_end = line.data() + line.size();
  const bool usual = std::memcmp(line.data(), begin.data(), begin.size()) == 0 &&
                     std::memcmp(line_end - end.size(), end.data(), end.size()) == 0;
  if (!usual) return false;
  const char* const target_end = line_end - end.size();
  const std::string_view target(line.data() + begin.size() - 1, target_end);
  const std::string_view method(line.data(), 3);
  const char* const mark = end_of_run<Run::target>(target.data(), target_end);
  const char* rest = mark;
  while (rest != target_end && *rest == '?') rest = end_of_run<Run::target>(rest + 1, target_end);
  if (rest != target_end || target.size() > limits.target || method.size() > limits.method) return false;
  head.method = KIRSCH_METHOD_GET;
  head.method_name = method;
  head.target = target;
  head.path = {target.data(), mark};
  if (mark != target_end) head.query = {mark + 1, target_end};
  return true;
}

}  // namespace

std::optional<Fault> parse_request_line(std::string_view line, const Limits& limits, RequestHead& head) {
  if (read_usual_line(line, limits, head)) return std::nullopt;
  const char* const end = line.data() + line.size();
  const char* const first = std::find(line.data(), end, ' ');
  const std::string_view method(line.data(), first);
  head.method = method_of(method);
  if (head.method == KIRSCH_METHOD_OTHER && !is_token(method)) return Fault{400, "the method is not a token"};
  if (method.size() > limits.method) return Fault{501, "the method is too long"};
  head.method_name = method;
  if (first == end) return Fault{400, "the request line has no target"};
  bool fragment = false;
  const char* second = end_of_run<Run::target>(first + 1, end);
  for (; second != end && *second != ' '; second = end_of_run<Run::target>(second + 1, end)) {
    fragment = fragment || *second == '#';
  }
  const std::string_view target(first + 1, second);
  if (target.size() > limits.target) return Fault{414, "the target is too long"};
  head.target = target;
  if (second == end) return Fault{400, "the request line has no version"};
  if (const auto fault = read_version({second + 1, end}, head)) return fault;
  if (head.method == KIRSCH_METHOD_OTHER) return Fault{501, "the method is unknown"};
  if (fragment) return Fault{400, "the target holds a fragment"};
  return read_target(target, head);
}

}  // namespace kirsch::http
