// What modules learn about the TLS of a request (feature kirsch/tls/1).
#pragma once

#include "kirsch/abi.h"

namespace kirsch::pipeline {

extern const kirsch_tls_functions tls_functions;

}  // namespace kirsch::pipeline
