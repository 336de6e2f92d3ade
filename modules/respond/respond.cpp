// Answers with what the configuration says: a status, header fields and a text.
#include <kirsch/module.h>

#include <algorithm>

namespace {

// Fields that the server writes itself.
constexpr std::array<std::string_view, 7> not_here{"connection", "content-length",    "date",   "keep-alive",
                                                   "trailer",    "transfer-encoding", "upgrade"};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte; });
  return text;
}

bool is_token(std::string_view name) {  // RFC 9110 5.6.2
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           marks.find(byte) != std::string_view::npos;
  });
}

bool is_value(std::string_view value) {  // RFC 9110 5.5
  const auto is_space = [](char byte) { return byte == ' ' || byte == '\t'; };
  if (!value.empty() && (is_space(value.front()) || is_space(value.back()))) return false;
  return std::none_of(value.begin(), value.end(), [](char byte) {
    const auto number = static_cast<unsigned char>(byte);
    return (number < 0x20 && byte != '\t') || number == 0x7F;
  });
}

struct Respond {
  std::uint16_t status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string type;

  static constexpr auto options =
      kirsch::options(kirsch::opt<&Respond::status>("status", "200", "status code of the answer").range(200, 599),
                      kirsch::opt<&Respond::headers>("headers", "{}", "header fields, name: value"),
                      kirsch::opt<&Respond::body>("body", "\"\"", "the text of the answer"),
                      kirsch::opt<&Respond::type>("type", "text/plain; charset=utf-8", "its media type"));

  void prepare() const {
    if (!body.empty() && has_no_body()) {
      throw kirsch::OptionError("body", "an answer with status " + std::to_string(status) + " has no body");
    }
    if (type.empty() || !is_value(type)) throw kirsch::OptionError("type", "this is not a media type");
    for (const auto& [name, value] : headers) check(name, value);
  }

  void handle(kirsch::Exchange& exchange) const {
    auto response = exchange.response();
    response.set_status(status);
    for (const auto& [name, value] : headers) response.headers().set(name, std::string_view(value));
    if (has_no_body()) return;
    response.headers().set("Content-Type", std::string_view(type));
    response.body_view(body);
  }

 private:
  bool has_no_body() const { return status == 204 || status == 205 || status == 304; }  // RFC 9110 6.4.1, 15.3.6

  static void check(const std::string& name, const std::string& value) {
    const auto known = lower(name);
    if (known == "content-type") throw kirsch::OptionError("headers", "Content-Type is set by the option type");
    if (std::find(not_here.begin(), not_here.end(), known) != not_here.end()) {
      throw kirsch::OptionError("headers", name + " belongs to the server, which sets it itself");
    }
    if (!is_token(name)) throw kirsch::OptionError("headers", "'" + name + "' is not the name of a header field");
    if (!is_value(value)) {
      throw kirsch::OptionError("headers",
                                "the value of " + name + " holds a line end, another control character or outer space");
    }
  }
};

}  // namespace

KIRSCH_MODULE("respond", "1.0.0", kirsch::summary("A fixed answer from the configuration"),
              kirsch::handler<Respond>("respond"));
