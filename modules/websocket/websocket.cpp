// WebSocket (RFC 6455): the handler opens connections for an application that YAML names.
#include <kirsch/module.h>

#include "connection.h"
#include "handshake.h"

namespace {

using kirsch::HttpError;

// All fields of that name as one list (RFC 9110 5.3). Nullopt: there is none.
std::optional<std::string> find_fields(kirsch::Exchange& exchange, std::string_view name) {
  std::optional<std::string> joined;
  for (const auto& field : exchange.request().headers()) {
    if (!kirsch::same_field(kirsch::name(field), name)) continue;
    if (joined) joined->append(", ");
    joined = std::move(joined).value_or("").append(kirsch::value(field));
  }
  return joined;
}

std::string joined_field(kirsch::Exchange& exchange, std::string_view name) {
  return find_fields(exchange, name).value_or("");
}

// What `parse` makes of those fields, without which it is nothing. They are as the standard writes them, or the
// handshake is none (4.2.1, 9.1).
template <class Parse>
auto parsed_fields(const std::optional<std::string>& fields, Parse parse, const char* refusal) {
  auto parsed = fields ? parse(*fields) : decltype(parse(*fields))(std::in_place);
  if (!parsed) throw HttpError(400, refusal);
  return *std::move(parsed);
}

[[noreturn]] void ask_for_upgrade(kirsch::Exchange& exchange, const char* sentence) {
  exchange.response().headers().set("Upgrade", "websocket");
  throw HttpError(426, sentence);
}

// What every client must say (4.2.1).
void check_request(kirsch::Exchange& exchange) {
  const auto request = exchange.request();
  if (request.method() != kirsch::Method::get) {
    exchange.response().headers().set("Allow", "GET");
    throw HttpError(405, "A WebSocket begins with GET.");
  }
  if (!websocket::has_element(joined_field(exchange, "Upgrade"), "websocket"))
    ask_for_upgrade(exchange, "This address speaks WebSocket: connect with ws:// or wss://.");
  if (request.version() == 10) throw HttpError(400, "WebSocket needs HTTP/1.1.");
  if (!websocket::has_element(joined_field(exchange, "Connection"), "upgrade"))
    throw HttpError(400, "The header 'Connection: Upgrade' is missing. A proxy in between may have removed it.");
  if (joined_field(exchange, "Sec-WebSocket-Version") != "13") {
    exchange.response().headers().set("Sec-WebSocket-Version", "13");
    ask_for_upgrade(exchange, "Only version 13 of the WebSocket protocol is spoken here.");
  }
  if (!websocket::is_key(joined_field(exchange, "Sec-WebSocket-Key")))
    throw HttpError(400, "Sec-WebSocket-Key must be 16 bytes in Base64.");
}

struct WebSocketHandler : websocket::Settings {
  void prepare() {
    check();
    shared_ = std::make_unique<websocket::Shared>(*this);
  }

  kirsch::Flow handle(kirsch::Exchange& exchange) const {
    check_request(exchange);
    check_origin(exchange);
    const auto protocols = find_fields(exchange, "Sec-WebSocket-Protocol");
    std::vector<kirsch_text> names;
    for (const auto name : parsed_fields(protocols, websocket::subprotocols,
                                         "Sec-WebSocket-Protocol must be a list of different tokens."))
      names.push_back(kirsch::text(name));
    const auto extensions = find_fields(exchange, "Sec-WebSocket-Extensions");
    const auto offers = parsed_fields(extensions, websocket::parse_extensions,
                                      "Sec-WebSocket-Extensions must be a list as RFC 6455 9.1 writes it.");
    kirsch::WebSocketOffer offer{.size = sizeof offer,
                                 .count = static_cast<std::uint32_t>(names.size()),
                                 .protocols = names.data(),
                                 .chosen = {},
                                 .data = nullptr};
    const auto flow = app.table->handshake(app.self, exchange.raw(), &offer);
    if (flow == KIRSCH_FLOW_NEXT) open(exchange, offer, websocket::Connection::agree(*shared_, offers));
    return static_cast<kirsch::Flow>(flow);
  }

 private:
  void check_origin(kirsch::Exchange& exchange) const {
    const auto request = exchange.request();
    const auto said = find_fields(exchange, "Origin");  // one: two are none
    if (!said || allows(*said, request.headers().get("Host"), request.secure())) return;
    throw HttpError(403, "Pages of this origin may not connect.");
  }

  void open(kirsch::Exchange& exchange, const kirsch::WebSocketOffer& offer,
            const std::optional<websocket::Deflate>& agreed) const {
    auto connection = std::make_unique<websocket::Connection>(*shared_, exchange.lane(), offer.data, agreed);
    auto headers = exchange.response().headers();
    headers.set("Upgrade", "websocket");
    headers.set("Sec-WebSocket-Accept", websocket::accept_value(exchange.request().headers().get("Sec-WebSocket-Key")));
    if (offer.chosen.size != 0) headers.set("Sec-WebSocket-Protocol", kirsch::view(offer.chosen));
    if (agreed) headers.set("Sec-WebSocket-Extensions", websocket::extension(*agreed));
    if (!websocket::Connection::upgrade(exchange, connection))
      throw HttpError(400, "This request cannot become a WebSocket.");
  }

  std::unique_ptr<websocket::Shared> shared_;
};

}  // namespace

KIRSCH_MODULE("websocket", "1.0.0",
              kirsch::summary("WebSocket connections for applications that other modules provide"),
              kirsch::requires_feature(KIRSCH_FEATURE_STREAM), kirsch::requires_feature(KIRSCH_FEATURE_BLOB),
              kirsch::handler<WebSocketHandler>("websocket").carries_over());
