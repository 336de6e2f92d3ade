// Networks by their leading bits, fields by name and value.
#include "pipeline/condition.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "http/characters.h"

namespace kirsch::pipeline {
namespace {

bool holds(const FieldCondition& condition, const kirsch_request& request) noexcept {
  const std::span fields(request.fields, request.field_count);
  const bool found = std::ranges::any_of(fields, [&](const kirsch_field& field) {
    return http::equal_ignoring_case({field.name, field.name_size}, condition.name) &&
           (!condition.value || std::string_view(field.value, field.value_size) == *condition.value);
  });
  return found == condition.present;
}

}  // namespace

std::string method_list(Methods methods) {
  constexpr std::pair<std::uint16_t, std::string_view> names[] = {
      {KIRSCH_METHOD_GET, "GET"},        {KIRSCH_METHOD_HEAD, "HEAD"},   {KIRSCH_METHOD_POST, "POST"},
      {KIRSCH_METHOD_PUT, "PUT"},        {KIRSCH_METHOD_PATCH, "PATCH"}, {KIRSCH_METHOD_DELETE, "DELETE"},
      {KIRSCH_METHOD_OPTIONS, "OPTIONS"}};
  std::string list;
  for (const auto& [method, name] : names) {
    if ((methods & method_bit(method)) != 0) list.append(list.empty() ? "" : ", ").append(name);
  }
  return list;
}

bool Network::contains(const kirsch_address& client) const noexcept {
  if (client.family != 4 && client.family != 6) return false;
  const std::size_t whole = prefix / 8;
  if (!std::equal(address.begin(), address.begin() + whole, client.bytes)) return false;
  const auto mask = static_cast<std::uint8_t>(0xff00U >> (prefix % 8));
  return mask == 0 || whole == address.size() || ((address[whole] ^ client.bytes[whole]) & mask) == 0;
}

bool Condition::rest_holds(const kirsch_request& request, const kirsch_address& peer) const noexcept {
  const bool known =
      clients.empty() || std::ranges::any_of(clients, [&](const Network& network) { return network.contains(peer); });
  return known && std::ranges::all_of(fields, [&](const FieldCondition& one) { return holds(one, request); });
}

}  // namespace kirsch::pipeline
