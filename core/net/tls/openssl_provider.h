// OpenSSL 3.0 as provider.
#pragma once

#include "net/tls/provider.h"

namespace kirsch::net::tls {

const Provider& openssl_provider();

}  // namespace kirsch::net::tls
