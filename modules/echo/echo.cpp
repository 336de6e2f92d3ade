// Answers with the request as it arrived: request line, header fields, empty line, body.
#include <kirsch/module.h>

namespace {

struct Echo {
  void handle(kirsch::Exchange& exchange) const {
    const auto request = exchange.request();
    std::string text;
    text.reserve(size(request));
    text.append(request.method_name()).append(" ").append(request.target());
    text.append(request.version() == 10 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
    for (const auto& field : request.headers()) {
      text.append(kirsch::name(field)).append(": ").append(kirsch::value(field)).append("\r\n");
    }
    text.append("\r\n").append(request.body());
    exchange.response().headers().set("Cache-Control", std::string_view("no-store"));
    exchange.response().text(text);
  }

 private:
  static std::size_t size(const kirsch::Request& request) {
    std::size_t bytes = request.method_name().size() + request.target().size() + request.body().size() + 16;
    for (const auto& field : request.headers()) bytes += field.name_size + field.value_size + 4u;
    return bytes;
  }
};

}  // namespace

KIRSCH_MODULE("echo", "1.0.0", kirsch::summary("Answers with what arrived"), kirsch::handler<Echo>("echo"));
