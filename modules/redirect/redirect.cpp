// Sends clients elsewhere. The target comes from the configuration alone: no header of a request has a part in it.
#include <kirsch/module.h>
#include <kirsch/origin.h>

#include <algorithm>

namespace {

enum class Status : std::uint8_t { moved, found, see_other, temporary, permanent };
constexpr auto kirsch_names(Status) { return std::array<std::string_view, 5>{"301", "302", "303", "307", "308"}; }
constexpr std::array<std::uint16_t, 5> numbers{301, 302, 303, 307, 308};

bool is_plain(char byte) {  // what may stand in a URI at all (RFC 3986 2)
  constexpr std::string_view not_in_a_uri = "\"<>\\^`{|}";
  return byte > ' ' && byte <= '~' && not_in_a_uri.find(byte) == std::string_view::npos;
}

bool is_kept(char byte) {  // RFC 3986 3.3: pchar and the slash
  constexpr std::string_view marks = "-._~!$&'()*+,;=:@/";
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
         marks.find(byte) != std::string_view::npos;
}

// The decoded path as part of a URI again; a slash that the client had encoded stays encoded.
void append_encoded(std::string& out, std::string_view path) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (std::size_t index = 0; index < path.size(); ++index) {
    const auto number = static_cast<unsigned char>(path[index]);
    const auto triplet = path.substr(index, 3);
    if (is_kept(path[index]) || triplet == "%2F" || triplet == "%2f") {
      out += path[index];
    } else {
      out += {'%', digits[number >> 4], digits[number & 15]};
    }
  }
}

struct Redirector {
  std::string to;
  Status status{};
  bool keep_path = false;

  static constexpr auto options = kirsch::options(
      kirsch::opt<&Redirector::to>("to", kirsch::required, "https://host/path, or /path on the same host"),
      kirsch::opt<&Redirector::status>("status", "308", "status code; 307 and 308 keep the method"),
      kirsch::opt<&Redirector::keep_path>("keep_path", "false", "appends the path and the query of the request"));

  void prepare() {
    const bool local = to.starts_with('/') && !to.starts_with("//");
    const auto host = to.starts_with("https://") ? 8u : to.starts_with("http://") ? 7u : 0u;
    if (!local && host == 0) {
      throw kirsch::OptionError("to", "write a whole address (https://host/path) or a path that begins with one slash");
    }
    if (!std::all_of(to.begin(), to.end(), is_plain)) {
      throw kirsch::OptionError("to", "this character must be percent-encoded, as in any address");
    }
    if (host != 0) check_host(std::string_view(to).substr(host));
    if (!keep_path) return;
    if (to.find_first_of("?#") != std::string::npos) {
      throw kirsch::OptionError("to", "with keep_path it cannot have a query or fragment of its own");
    }
    while (to.ends_with('/')) to.pop_back();
    if (to.empty()) throw kirsch::OptionError("to", "with keep_path, / would lead every request to itself");
  }

  void handle(kirsch::Exchange& exchange) const {
    auto response = exchange.response();
    response.set_status(numbers[static_cast<std::size_t>(status)]);
    if (keep_path) {
      response.headers().set("Location", std::string_view(extended(exchange.request())));
    } else {
      response.headers().set("Location", std::string_view(to));
    }
    response.text("This page has moved.\n");
  }

 private:
  static void check_host(std::string_view rest) {
    const auto host = rest.substr(0, rest.find_first_of("/?#"));
    if (host.empty()) throw kirsch::OptionError("to", "the address names no host");
    if (host.find('@') != std::string_view::npos) {
      throw kirsch::OptionError("to", "the address holds a user name, which browsers warn of");
    }
    if (!kirsch::is_authority(host))
      throw kirsch::OptionError("to",
                                "'" + std::string(host) + "' is no host: write example.org, example.org:8443 or [::1]");
  }

  // Exactly one slash follows `to`: two at the very front would make a browser read a host name.
  std::string extended(const kirsch::Request& request) const {
    auto path = request.path();
    path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
    std::string location = to + "/";
    append_encoded(location, path);
    if (const auto query = request.query_string(); !query.empty()) location.append("?").append(query);
    return location;
  }
};

}  // namespace

KIRSCH_MODULE("redirect", "1.0.0", kirsch::summary("Sends clients to another address"),
              kirsch::handler<Redirector>("redirect"));
