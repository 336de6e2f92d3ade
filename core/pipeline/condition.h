// What a request must have beside its host and path for a route to hold: `match` of a path.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kirsch/abi.h"

namespace kirsch::pipeline {

// A set of kirsch_method, one bit each.
using Methods = std::uint32_t;
constexpr Methods method_bit(std::uint16_t method) { return Methods{1} << method; }
// All that a handler may be asked with.
inline constexpr Methods usual_methods = method_bit(KIRSCH_METHOD_GET) | method_bit(KIRSCH_METHOD_HEAD) |
                                         method_bit(KIRSCH_METHOD_POST) | method_bit(KIRSCH_METHOD_PUT) |
                                         method_bit(KIRSCH_METHOD_PATCH) | method_bit(KIRSCH_METHOD_DELETE) |
                                         method_bit(KIRSCH_METHOD_OPTIONS);
// "GET, HEAD": a value of Allow (RFC 9110 10.2.1).
std::string method_list(Methods methods);

struct Network {
  std::array<std::uint8_t, 16> address{};  // IPv4 as v4-mapped
  std::uint8_t prefix = 128;               // bits

  // Clients of unix sockets are in no network.
  bool contains(const kirsch_address& client) const noexcept;
};

struct FieldCondition {
  std::string name;                       // any case
  std::optional<std::string> value = {};  // of any of its lines, byte by byte; none: any value
  bool present = true;                    // false: the field must be absent
};

// Its parts must all hold; an empty part always does.
struct Condition {
  Methods methods = 0;
  std::vector<Network> clients = {};        // one of them
  std::vector<FieldCondition> fields = {};  // all of them

  bool method_holds(const kirsch_request& request) const noexcept {
    return methods == 0 || (methods & method_bit(request.method)) != 0;
  }
  bool rest_holds(const kirsch_request& request, const kirsch_address& peer) const noexcept;
};

}  // namespace kirsch::pipeline
