// A password in the address would be shown wherever the configuration is: it has an option of its own.
#include "server_address.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

namespace redis_client {
namespace {

[[noreturn]] void refuse(const std::string& sentence) { throw kirsch::OptionError("url", sentence); }

}  // namespace

ServerAddress server_address(const std::string& url, const kirsch::Secret& password,
                             const std::optional<kirsch::Path>& authorities) {
  Poco::URI uri;
  try {
    uri = url;
  } catch (const Poco::Exception&) {
    refuse("this is no URL: write redis://host:port/database");
  }
  if (uri.getScheme() != "redis" && uri.getScheme() != "rediss")
    refuse("write redis://host:port/database, or rediss:// for TLS");
  if (uri.getHost().empty()) refuse("this URL names no host: write redis://host:port/database");
  if (!uri.getQuery().empty() || !uri.getFragment().empty()) refuse("nothing may follow the number of the database");
  ServerAddress address;
  address.host = uri.getHost();
  address.encrypted = uri.getScheme() == "rediss";
  if (uri.getPort() != 0) address.port = uri.getPort();
  address.user = uri.getUserInfo();
  address.password = password.text;
  if (address.user.find(':') != std::string::npos)
    refuse("a password does not belong here, where it would be shown: write it into the option 'password'");
  if (!address.user.empty() && password.text.empty())
    throw kirsch::OptionError("password", "a user wants a password: Redis knows no user without one");
  if (const auto path = uri.getPath(); path.size() > 1) {
    address.database = path.substr(1);
    const bool is_number =
        address.database.size() <= 5 && address.database.find_first_not_of("0123456789") == std::string::npos;
    if (!is_number) refuse("databases of Redis are numbers: write redis://host:port/0");
  }
  if (authorities) {
    if (!address.encrypted) throw kirsch::OptionError("authorities", "this has a meaning for rediss:// alone");
    address.authorities = authorities->text;
  }
  return address;
}

}  // namespace redis_client
