// The page of an error: HTML, JSON or text, whichever the client likes best.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kirsch::pipeline {

struct ErrorPage {
  std::string_view type;  // static
  std::string body;
};

// `accept` is the client's field (empty: text). `reason` is the standard phrase of `status`; `detail` a sentence the
// client may see, or empty; `request` names the request in the log, shown for 5xx.
ErrorPage error_page(std::uint16_t status, std::string_view reason, std::string_view detail, std::string_view accept,
                     std::string_view request);

}  // namespace kirsch::pipeline
