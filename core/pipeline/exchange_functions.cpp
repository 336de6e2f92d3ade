// The contract's functions on an exchange: each leads to one member of Exchange.
#include <unistd.h>

#include "http/reason_phrase.h"
#include "pipeline/accept.h"
#include "pipeline/contract_text.h"
#include "pipeline/exchange.h"

namespace kirsch::pipeline {
namespace {

constexpr std::size_t largest_allocation = 1024 * 1024;

Exchange& of(kirsch_exchange* exchange) { return *static_cast<Exchange*>(exchange); }
std::uint8_t flag(bool value) { return value ? 1 : 0; }

std::uint8_t found(const std::optional<std::string_view>& text, kirsch_text* out) {
  if (text) *out = {text->data(), text->size()};
  return flag(text.has_value());
}

const kirsch_pair* pairs(std::span<const kirsch_pair> span, std::uint32_t* count) {
  *count = static_cast<std::uint32_t>(span.size());
  return span.data();
}

std::uint8_t request_field(kirsch_exchange* exchange, kirsch_text name, kirsch_text* value) {
  const auto* field = http::find_field(of(exchange).request_fields(), view(name));
  return found(field == nullptr ? std::nullopt : std::optional(http::value(*field)), value);
}

using Change = bool (http::ResponseFields::*)(std::string_view, std::string_view);
template <Change change>
std::uint8_t change_field(kirsch_exchange* exchange, kirsch_text name, kirsch_text value) {
  auto* fields = of(exchange).open_fields();
  return flag(fields != nullptr && (fields->*change)(view(name), view(value)));
}

using PreparedChange = void (http::ResponseFields::*)(const kirsch_field&);
template <PreparedChange change>
std::uint8_t change_prepared(kirsch_exchange* exchange, const kirsch_field* field) {
  auto* fields = of(exchange).open_fields();
  if (fields != nullptr) (fields->*change)(*field);
  return flag(fields != nullptr);
}

std::uint8_t prepare_field(const kirsch_host*, kirsch_text line, kirsch_field* field) {
  const auto prepared = http::ResponseFields::prepared(view(line));
  if (prepared) *field = *prepared;
  return flag(prepared.has_value());
}

std::uint8_t remove_field(kirsch_exchange* exchange, kirsch_text name) {
  auto* fields = of(exchange).open_fields();
  return flag(fields != nullptr && fields->remove(view(name)));
}

std::uint8_t body_copy(kirsch_exchange* exchange, kirsch_text bytes) {
  return flag(of(exchange).open_fields() != nullptr && of(exchange).set_body(of(exchange).arena().copy(view(bytes))));
}

std::uint8_t body_file(kirsch_exchange* exchange, int descriptor, std::uint64_t offset, std::uint64_t size) {
  const kirsch_piece piece{{}, offset, size, descriptor};
  const auto close_file = [](void* owner) { ::close(static_cast<int>(reinterpret_cast<std::intptr_t>(owner))); };
  return flag(
      of(exchange).set_body(PieceBody({&piece, 1}, close_file, reinterpret_cast<void*>(std::intptr_t{descriptor}))));
}

std::uint8_t body_pieces(kirsch_exchange* exchange, const kirsch_piece* pieces, std::uint32_t count,
                         void (*release)(void* owner), void* owner) {
  return flag(of(exchange).set_body(PieceBody({pieces, count}, release, owner)));
}

std::uint8_t body_stream(kirsch_exchange* exchange, const kirsch_producer* producer, void* self, std::uint64_t length) {
  // On refusal the producer stays the caller's, so it must not be destroyed here.
  return flag(of(exchange).open_fields() != nullptr && of(exchange).set_body(ProducedBody(*producer, self, length)));
}

const kirsch_part* parts(kirsch_exchange* exchange, std::uint32_t* count, std::uint16_t* status) {
  const auto& multipart = of(exchange).multipart();
  *count = static_cast<std::uint32_t>(multipart.parts.size());
  *status = multipart.status;
  return multipart.parts.data();
}

}  // namespace

const kirsch_exchange_functions exchange_functions{
    .size = sizeof(kirsch_exchange_functions),
    .allocate = [](kirsch_exchange* exchange, std::size_t size) -> void* {
      return size > largest_allocation ? nullptr : of(exchange).arena().allocate(size, 16);
    },
    .request_field = request_field,
    .query = [](kirsch_exchange* exchange, std::uint32_t* count) { return pairs(of(exchange).query(), count); },
    .cookies = [](kirsch_exchange* exchange, std::uint32_t* count) { return pairs(of(exchange).cookies(), count); },
    .form = [](kirsch_exchange* exchange, std::uint32_t* count) { return pairs(of(exchange).form(), count); },
    .parts = parts,
    .body_descriptor = [](kirsch_exchange* exchange) { return of(exchange).body_in().descriptor(); },
    .quality = [](kirsch_exchange* exchange, kirsch_text type) -> std::uint32_t {
      return quality(of(exchange).joined(http::FieldName::accept, ','), view(type));
    },
    .peer = [](kirsch_exchange* exchange) { return &of(exchange).peer(); },
    .local = [](kirsch_exchange* exchange) { return &of(exchange).local(); },
    .status = [](kirsch_exchange* exchange) { return of(exchange).status(); },
    .set_status = [](kirsch_exchange* exchange, std::uint16_t status) { return flag(of(exchange).set_status(status)); },
    .set_field = change_field<&http::ResponseFields::set>,
    .add_field = change_field<&http::ResponseFields::add>,
    .default_field = change_field<&http::ResponseFields::set_default>,
    .remove_field = remove_field,
    .response_field = [](kirsch_exchange* exchange, kirsch_text name,
                         kirsch_text* value) { return found(of(exchange).fields().get(view(name)), value); },
    .reason = [](kirsch_exchange* exchange) -> kirsch_text {
      const auto words = http::reason_phrase(of(exchange).status());
      return {words.data(), words.size()};
    },
    .body_copy = body_copy,
    .body_view = [](kirsch_exchange* exchange, kirsch_text bytes) { return flag(of(exchange).set_body(view(bytes))); },
    .body_blob = [](kirsch_exchange* exchange,
                    kirsch_blob* blob) { return flag(of(exchange).set_body(BlobReference(blob))); },
    .body_file = body_file,
    .body_stream = body_stream,
    .body_pieces = body_pieces,
    .body_size = [](kirsch_exchange* exchange) { return size(of(exchange).body()); },
    .error_page = [](kirsch_exchange* exchange) { return flag(of(exchange).has_own_page()); },
    .fail = [](kirsch_exchange* exchange, std::uint16_t status,
               kirsch_text text) { of(exchange).fail(status, view(text)); },
    .redirect = [](kirsch_exchange* exchange, std::uint16_t status,
                   kirsch_text location) { return flag(of(exchange).redirect(status, view(location))); },
    .suspend = [](kirsch_exchange* exchange, std::uint32_t (*resumed)(void*, kirsch_exchange*), void (*destroy)(void*),
                  void* self) { return of(exchange).suspend(resumed, destroy, self); },
    .handle = [](kirsch_exchange* exchange) { return of(exchange).handle(); },
    .attach = [](kirsch_exchange* exchange, kirsch_text id, void* data, void (*destroy)(void*)) -> std::uint8_t {
      of(exchange).attachments().add(of(exchange).arena(), view(id), data, destroy);
      return 1;
    },
    .attachment = [](kirsch_exchange* exchange, kirsch_text id) { return of(exchange).attachments().find(view(id)); },
    .upgrade = [](kirsch_exchange* exchange, const kirsch_stream_handler* handler,
                  void* self) { return flag(of(exchange).upgrade(handler, self)); },
    .outcome = [](kirsch_exchange* exchange) { return &of(exchange).outcome(); },
    .set_id = [](kirsch_exchange* exchange, kirsch_text id) { return flag(of(exchange).set_id(view(id))); },
    .route = [](kirsch_exchange* exchange) { return &of(exchange).route_taken(); }};

const kirsch_field_functions field_functions{.size = sizeof(kirsch_field_functions),
                                             .prepare = prepare_field,
                                             .set = change_prepared<&http::ResponseFields::set>,
                                             .add = change_prepared<&http::ResponseFields::add>,
                                             .set_default = change_prepared<&http::ResponseFields::set_default>};

}  // namespace kirsch::pipeline
