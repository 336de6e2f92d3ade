// The answer to a request for a file that was found: conditions, forms, ranges.
#pragma once

#include <kirsch/body.h>

#include <memory>
#include <string>

#include "resource.h"

namespace static_files {

// Throws kirsch::HttpError 406, 412, 416. `negotiated`: the form depends on Accept-Encoding.
void send_file(kirsch::Exchange& exchange, const std::shared_ptr<const Resource>& resource, std::string_view type,
               bool negotiated);

// The values of all lines of a field as one (RFC 9110 5.3).
std::optional<std::string> joined_field(const kirsch::Request& request, std::string_view name);

}  // namespace static_files
