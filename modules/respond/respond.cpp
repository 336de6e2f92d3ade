// Answers with what the configuration says: a status, header fields and a text.
#include <kirsch/module.h>

#include <algorithm>

namespace {

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

  void prepare() {
    has_body_ = status != 204 && status != 205 && status != 304;  // RFC 9110 6.4.1, 15.3.6
    if (!body.empty() && !has_body_) {
      throw kirsch::OptionError("body", "an answer with status " + std::to_string(status) + " has no body");
    }
    const auto slash = type.find('/');
    const auto end = std::min(type.find_first_of(" ;"), type.size());
    if (slash == 0 || slash >= end || slash + 1 == end || !kirsch::field_fault("Content-Type", type).empty()) {
      throw kirsch::OptionError("type", "this is not a media type");
    }
    for (const auto& [name, value] : headers) {
      check(name, value);
      for (const auto& [other, its] : headers)
        if (&other != &name && kirsch::same_field(other, name))
          throw kirsch::OptionError("headers", other + " and " + name + " are one field: write it once");
      fields_.emplace_back(name, value);
    }
    if (has_body_) fields_.emplace_back("Content-Type", type);
  }

  void handle(kirsch::Exchange& exchange) const {
    auto response = exchange.response();
    response.set_status(status);
    for (const auto& field : fields_) response.headers().set(field);
    if (has_body_) response.body_view(body);
  }

 private:
  static void check(const std::string& name, const std::string& value) {
    if (kirsch::same_field(name, "Content-Type")) {
      throw kirsch::OptionError("headers", "Content-Type is set by the option type");
    }
    if (auto fault = kirsch::field_fault(name, value); !fault.empty()) throw kirsch::OptionError("headers", fault);
  }

  bool has_body_ = true;
  std::vector<kirsch::PreparedField> fields_;
};

}  // namespace

KIRSCH_MODULE("respond", "1.0.0", kirsch::summary("A fixed answer from the configuration"),
              kirsch::requires_feature(KIRSCH_FEATURE_FIELD), kirsch::handler<Respond>("respond"));
