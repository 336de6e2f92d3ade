// Lets those pass who have logged in, and sends the others to do so.
#include <kirsch/module.h>
#include <kirsch/session.h>

namespace {

// For a value in a query (RFC 3986 3.4).
std::string escaped(std::string_view text) {
  constexpr std::string_view plain = "-._~/";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char byte : text) {
    const char lower = static_cast<char>(byte | 0x20);
    if ((lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') || plain.find(byte) != plain.npos) {
      out += byte;
    } else {
      const auto value = static_cast<unsigned char>(byte);
      (out += '%').append({digits[value >> 4], digits[value & 15]});
    }
  }
  return out;
}

// As Request::path has it: another form would lead the login page to itself, again and again.
bool is_plain_path(std::string_view text) {
  constexpr std::string_view marks = "-._~!$&'()*+,;=:@/";
  for (const char byte : text) {
    const char lower = static_cast<char>(byte | 0x20);
    if ((lower < 'a' || lower > 'z') && (byte < '0' || byte > '9') && marks.find(byte) == marks.npos) return false;
  }
  const auto whole = std::string(text) + "/";
  return text.starts_with('/') && text.find("//") == text.npos && whole.find("/./") == whole.npos &&
         whole.find("/../") == whole.npos;
}

// Does a browser ask for what it will show? Scripts and programs are to see a 401.
bool is_page(const kirsch::Request& request) {
  if (request.method() != kirsch::Method::get && request.method() != kirsch::Method::head) return false;
  const auto headers = request.headers();
  if (const auto mode = headers.find("Sec-Fetch-Mode")) return *mode == "navigate";
  return headers.get("Accept").find("text/html") != std::string_view::npos && request.quality("text/html") > 0;
}

struct AuthSession {
  std::string login;
  std::string parameter;

  static constexpr auto options = kirsch::options(
      kirsch::opt<&AuthSession::login>("login", kirsch::required, "the path of the login page; empty: 401 for all"),
      kirsch::opt<&AuthSession::parameter>("parameter", "next", "of its query, with the way back"));

  void prepare() const {
    if (!login.empty() && !is_plain_path(login))
      throw kirsch::OptionError("login", "write a path of this site as requests have it, without a query: /login");
    if (parameter.empty() || parameter.find_first_of("&=?#%+ ") != parameter.npos)
      throw kirsch::OptionError("parameter", "write a plain name such as next");
  }

  void before_handler(kirsch::Exchange& exchange) const {
    const auto request = exchange.request();
    if (request.path() == login || kirsch::session(exchange).user()) return;
    exchange.response().headers().set("Cache-Control", "no-store");
    if (login.empty() || !is_page(request)) throw kirsch::HttpError(401, "Please log in.");
    throw kirsch::Redirect(login + "?" + parameter + "=" + escaped(kirsch::local_target(request.target())));
  }
};

}  // namespace

KIRSCH_MODULE("auth_session", "1.0.0", kirsch::summary("Sends those who have not logged in to the login page"),
              kirsch::tool<AuthSession>("auth_session").priority(kirsch::Hook::before_handler, 40));
