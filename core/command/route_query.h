// Which path of a configuration answers a request: found as the server finds it, without a server.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "config/configuration.h"
#include "kirsch/abi.h"

namespace kirsch::command {

// As the arguments say it.
struct RouteQuery {
  std::string url;  // "https://www.example.org/a?b", or "/a"
  std::string method = "GET";
  std::string from = "127.0.0.1";
  std::vector<std::string> headers;  // "Name: value"
  std::string listener;  // its name; empty: the one whose port the URL has, else the first that knows the host
};

struct RouteAnswer {
  std::string method, host, path;         // the path normalised
  std::size_t listener = 0;               // in Configuration::listeners
  std::size_t site = 0;                   // in Configuration::sites
  std::optional<std::size_t> index = {};  // in Site::paths; none: nothing matches
  std::vector<std::pair<std::string, std::string>> params = {};
  std::uint16_t status = 0;  // what the core answers instead of a handler: 308, 404, 405, 421; 0: the handler does
  std::string allow = {};    // with 405
};

// Throws base::Refusal (exit code usage) for what is no URL, address, header, or listener.
RouteAnswer find_route(const config::Configuration& configuration, const RouteQuery& query);

}  // namespace kirsch::command
