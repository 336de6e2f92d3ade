// kirsch-load: asks a server over many connections, checks every answer, and prints what it saw as JSON.
#include <arpa/inet.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "load/load.h"
#include "load/report.h"
#include "load/socket_wires.h"
#include "load/tls_wires.h"

namespace kirsch::load {
namespace {

struct Options {
  Plan plan;
  std::string server, request_file, upgrade_file, tls;
  bool resume = false;
  bool hold = false;
};

std::string contents(const std::string& file) {
  std::ifstream input(file, std::ios::binary);
  if (!input) throw std::runtime_error("cannot read " + file);
  return {std::istreambuf_iterator<char>(input), {}};
}

void describe(CLI::App& app, Options& options) {
  Plan& plan = options.plan;
  app.add_option("server", options.server, "IPV4-ADDRESS:PORT")->required();
  app.add_option("--connections", plan.connections, "connections, 64")->check(CLI::Range(1, 100'000));
  app.add_option("--seconds", plan.seconds, "how long, 1")->check(CLI::Range(0.01, 3600.0));
  app.add_option("--rate", plan.rate, "requests per second, latency counted from the time at which each is due")
      ->check(CLI::Range(1.0, 10e6));
  app.add_option("--depth", plan.depth, "requests that a connection may have under way, 1")->check(CLI::Range(1, 1024));
  app.add_option("--answers", plan.answers, "so many requests instead of a time");
  app.add_flag("--fresh", plan.fresh, "a connection for each request");
  app.add_option("--idle", plan.idle, "further connections that ask once and stay")->check(CLI::Range(0, 1'000'000));
  app.add_flag("--hold", options.hold,
               "prints a line when all connections are there, starts with a line of input, and closes with another");
  app.add_option("--request", options.request_file, "file with the bytes of the request; GET / otherwise");
  app.add_option(
      "--upgrade", options.upgrade_file,
      "file with what a connection asks first, to become a WebSocket: then the request is a frame, and so is each "
      "answer");
  app.add_option("--status", plan.status, "of each answer, 200");
  app.add_option("--size", plan.size, "bytes of each answer's body; otherwise as the first one");
  app.add_option("--tls", options.tls, "over TLS of that version, 1.2 or 1.3")->check(CLI::IsMember({"1.2", "1.3"}));
  app.add_flag("--resume", options.resume, "each connection with --tls goes on with the session of an earlier one");
}

sockaddr_in address_of(const std::string& text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  const auto colon = text.rfind(':');
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  if (colon == std::string::npos || ::inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr) != 1 ||
      std::from_chars(text.data() + colon + 1, end, port).ptr != end || port == 0) {
    throw std::runtime_error("'" + text + "' is no IPV4-ADDRESS:PORT");
  }
  address.sin_port = htons(port);
  return address;
}

void allow_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::optional<TlsPlan> tls_plan(const Options& options) {
  if (options.tls.empty()) return std::nullopt;
  if (options.plan.depth != 1) throw std::runtime_error("--tls does not stand with --depth");
  return TlsPlan{options.tls == "1.2" ? TLS1_2_VERSION : TLS1_3_VERSION, options.resume};
}

int run(Options options) {
  Plan& plan = options.plan;
  plan.request = options.request_file.empty() ? "GET / HTTP/1.1\r\nHost: " + options.server + "\r\n\r\n"
                                              : contents(options.request_file);
  if (!options.upgrade_file.empty()) plan.upgrade = contents(options.upgrade_file);
  if (plan.fresh && (plan.depth != 1 || plan.rate != 0))
    throw std::runtime_error("--fresh stands with neither --depth nor --rate");
  allow_descriptors();
  const auto tls = tls_plan(options);
  SocketWires sockets(address_of(options.server), Load::wires(plan));
  std::optional<TlsWires> secure;
  if (tls) secure.emplace(sockets, Load::wires(plan), *tls);
  Load load(plan, tls ? static_cast<Wires&>(*secure) : sockets);
  if (secure) secure->use(load);
  sockets.use(secure ? static_cast<WireUser&>(*secure) : load);
  load.prepare();
  if (options.hold) {
    std::cout << "ready" << std::endl;
    std::cin.get();
  }
  load.run();
  print(load.result(), std::cout);
  if (options.hold) std::cin.get();
  return load.result().answers == 0 && plan.answers + plan.connections != 0 ? 1 : 0;
}

}  // namespace
}  // namespace kirsch::load

int main(int count, char** arguments) {
  kirsch::load::Options options;
  CLI::App app("Asks a server over many connections, checks every answer, and prints what it saw as JSON.");
  kirsch::load::describe(app, options);
  CLI11_PARSE(app, count, arguments);
  try {
    return kirsch::load::run(std::move(options));
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "kirsch-load: %s\n", fault.what());
    return 1;
  }
}
