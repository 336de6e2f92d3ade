// The answer to a request for a file that was found: conditions, forms, ranges.
#pragma once

#include <kirsch/body.h>

#include <memory>

#include "resource.h"

namespace static_files {

// Throws kirsch::HttpError 406, 412, 416. `negotiated`: the form depends on Accept-Encoding. `ranges`: the field that
// offers them.
void send_file(kirsch::Exchange& exchange, const std::shared_ptr<const Resource>& resource, bool negotiated,
               const kirsch::PreparedField& ranges);

}  // namespace static_files
