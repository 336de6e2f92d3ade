// A certificate with its key and chain, read and looked at before anything is served with it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "net/tls/openssl_handles.h"
#include "net/tls/settings.h"

namespace kirsch::net::tls {

struct LoadedMaterial {
  CertificateHandle certificate;
  KeyHandle key;
  std::vector<CertificateHandle> chain;
  std::vector<std::string> names;
  std::string ocsp;          // DER; empty: nothing to staple
  std::time_t ocsp_end = 0;  // not stapled any more from then on; 0: it says no time
};

// None: a problem is an error. `index` is the place of `material` among the others.
std::optional<LoadedMaterial> load_material(const Material& material, std::size_t index,
                                            std::vector<Problem>& problems);

bool key_is_encrypted(const std::string& private_key);
bool password_opens(const std::string& private_key, const std::string& password);

}  // namespace kirsch::net::tls
