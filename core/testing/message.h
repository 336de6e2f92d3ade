// HTTP messages as a client writes and reads them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "kirsch/testing.h"

namespace kirsch::testing {

std::string request_text(const Request& request);

struct Answer {
  Response response;  // status 0: the head has not come
  bool complete = false;
  std::size_t size = 0;  // of a complete one, with what stood before it
};

// `bytes` are all that came, of which 1xx are passed over but for 101. `ended`: no more comes. `bodiless`: the answer
// of a HEAD. Throws std::runtime_error for what is no HTTP.
Answer read_answer(std::string_view bytes, bool ended, bool bodiless);

}  // namespace kirsch::testing
