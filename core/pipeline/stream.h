// An upgraded connection as a module sees it: kirsch_stream over http::UpgradedStream.
#pragma once

#include "http/transaction.h"
#include "kirsch/abi.h"

struct kirsch_stream;

namespace kirsch::pipeline {

extern const kirsch_stream_functions stream_functions;

// For ResponseWriter::upgrade; ends itself with its on_close, after the module's.
http::UpgradeEvents& make_stream(const kirsch_stream_handler& handler, void* self);

}  // namespace kirsch::pipeline
