// Refuses requests that another site makes in the name of a client.
#include <kirsch/module.h>
#include <kirsch/origin.h>
#include <kirsch/session.h>

#include <algorithm>

namespace {

using kirsch::Method;

// RFC 9110 9.2.1: these change nothing, or the application breaks more than this tool can mend.
bool is_safe(Method method) {
  return method == Method::get || method == Method::head || method == Method::options || method == Method::trace;
}

// At a speed that says nothing about where they differ.
bool same(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  unsigned difference = 0;
  for (std::size_t index = 0; index < left.size(); ++index)
    difference |= static_cast<unsigned char>(left[index]) ^ static_cast<unsigned char>(right[index]);
  return difference == 0;
}

struct Csrf {
  std::string token;
  std::string field;
  std::string header;
  std::vector<std::string> origins;

  static constexpr auto options = kirsch::options(
      kirsch::opt<&Csrf::token>("token", "csrf", "name of the token in the session; empty: fetch metadata alone"),
      kirsch::opt<&Csrf::field>("field", "csrf", "the field of a form that brings the token"),
      kirsch::opt<&Csrf::header>("header", "X-CSRF-Token", "the header field that brings it otherwise"),
      kirsch::opt<&Csrf::origins>("origins", "[]", "other origins that may make requests: https://app.example.org"));

  void prepare() const {
    if (!kirsch::field_fault(header).empty()) throw kirsch::OptionError("header", "this is no name of a header field");
    if (!token.empty() && field.empty())
      throw kirsch::OptionError("field", "a form needs a name to bring the token by");
    for (const auto& origin : origins) {
      if (kirsch::origin(origin) != origin)
        throw kirsch::OptionError(
            "origins", "'" + origin +
                           "' is no origin as browsers say it: write "
                           "https://app.example.org, in lower case, without a path and the scheme's own port");
    }
  }

  // Says nothing about the token and needs no body, so a foreign request costs no more than its head.
  void before_request_body(kirsch::Exchange& exchange) const {
    const auto request = exchange.request();
    if (!is_safe(request.method()) && !from_here(request))
      throw kirsch::HttpError(403, "This request was made by another site.");
  }

  void before_handler(kirsch::Exchange& exchange) const {
    const auto request = exchange.request();
    if (token.empty() || is_safe(request.method())) return;
    const auto session = kirsch::session(exchange);
    const auto known = session.find(token);
    if (!known || known->kind() != kirsch::SessionKind::token || !same(brought(request), known->raw()))
      throw kirsch::HttpError(403, "This form is out of date. Please load the page again.");
  }

 private:
  // Browsers say who asks, and no page can change it. Who says nothing is no browser of today, and has to have the
  // token.
  bool from_here(const kirsch::Request& request) const {
    const auto headers = request.headers();
    const auto origin = headers.get("Origin");
    if (std::find(origins.begin(), origins.end(), origin) != origins.end()) return true;
    if (const auto site = headers.find("Sec-Fetch-Site")) return *site == "same-origin" || *site == "none";
    if (origin.empty()) return true;
    return kirsch::is_own_origin(origin, headers.get("Host"), request.secure());
  }

  std::string_view brought(const kirsch::Request& request) const {
    if (const auto in_header = request.headers().find(header)) return *in_header;
    return request.form().get(field);
  }
};

}  // namespace

KIRSCH_MODULE("csrf", "1.0.0", kirsch::summary("Refuses requests that other sites make in the name of a client"),
              kirsch::tool<Csrf>("csrf")
                  .priority(kirsch::Hook::before_request_body, 30)
                  .priority(kirsch::Hook::before_handler, 30));
