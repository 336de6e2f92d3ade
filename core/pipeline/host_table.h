// Which site answers for a host name: the exact name, else the longest wildcard, else the default, else none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/diagnostic.h"

namespace kirsch::pipeline {

// Names are compared without regard to ASCII case and without a last dot. Filled while a configuration is built, then
// read by any thread.
class HostTable {
 public:
  // `host` as configured: "www.example.org", "*.example.org" (any name below, not example.org itself), "default".
  // Returns the site that claims that host already (nothing is changed then), else nothing. Throws base::Refusal (with
  // `position`) for what is no host.
  std::optional<std::uint32_t> add(std::string_view host, std::uint32_t site,
                                   const std::optional<base::Position>& position = {});

  // `host` without its port. Allocates nothing. Cost: O(size) and one look-up per dot within the size of the longest
  // wildcard.
  std::optional<std::uint32_t> find(std::string_view host) const noexcept;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view host) const noexcept;
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(std::string_view left, std::string_view right) const noexcept;
  };
  using Sites = std::unordered_map<std::string, std::uint32_t, Hash, Equal>;

  Sites exact_;
  Sites below_;  // ".example.org"
  std::size_t longest_below_ = 0;
  std::optional<std::uint32_t> default_;
};

// A listener with TLS that another one sends its clients to.
struct SecureDoor {
  std::uint32_t listener = 0;
  std::uint16_t port = 443;
};

// The sites of one listener.
struct HostRouting {
  std::string listener;  // its name in YAML
  HostTable hosts;
  std::uint32_t fallback = 0;      // answers messages whose host is unknown
  std::vector<SecureDoor> secure;  // not empty: every request is redirected to the first that knows its host
};

}  // namespace kirsch::pipeline
