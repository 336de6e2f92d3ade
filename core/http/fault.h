// Why a message is refused: the status of the answer and one sentence for the log.
#pragma once

#include <cstdint>
#include <string_view>

namespace kirsch::http {

struct Fault {
  std::uint16_t status = 400;
  std::string_view reason;  // static text, no byte of the client in it
};

}  // namespace kirsch::http
