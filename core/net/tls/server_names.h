// Which certificate answers which name (SNI): exact names, and wildcards for one label.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kirsch::net::tls {

class ServerNames {
 public:
  // False: that name was there already, and keeps what it had. `name` as in a certificate: "www.example.org",
  // "*.example.org".
  bool add(std::string_view name, std::size_t value);
  // Exact before wildcard; none: nothing has that name.
  std::optional<std::size_t> find(std::string_view name) const;

  static std::string normal(std::string_view name);  // lower case, without a last dot

 private:
  std::map<std::string, std::size_t, std::less<>> names_;  // wildcards with their star
};

}  // namespace kirsch::net::tls
