// Poco's socket blocks, which is what a test wants of it.
#include "testing/socket_link.h"

#include <Poco/Exception.h>

#include <algorithm>
#include <array>

#include "net/address.h"

namespace kirsch::testing::detail {
namespace {

constexpr int longest_wait = 10;  // seconds

}  // namespace

SocketLink::SocketLink(std::string_view server) {
  const auto address = net::Address::parse(server);
  if (!address) throw std::runtime_error("no address of a server: " + std::string(server));
  try {
    socket_.connect(address->poco(), Poco::Timespan(longest_wait, 0));
  } catch (const Poco::Exception& error) {
    throw std::runtime_error(std::string(server) + ": " + error.displayText());
  }
}

void SocketLink::send(std::string_view bytes) {
  while (!bytes.empty() && !ended_) {
    try {
      bytes.remove_prefix(static_cast<std::size_t>(socket_.sendBytes(bytes.data(), static_cast<int>(bytes.size()))));
    } catch (const Poco::Exception&) {  // what it said before may still be read
      return;
    }
  }
}

std::string SocketLink::receive(bool patient) {
  std::array<char, 16384> bytes{};
  if (ended_ || !socket_.poll(Poco::Timespan(patient ? longest_wait : 0, 0), Poco::Net::Socket::SELECT_READ)) return {};
  int size = 0;
  try {
    size = socket_.receiveBytes(bytes.data(), static_cast<int>(bytes.size()));
  } catch (const Poco::Exception&) {  // it was reset
  }
  ended_ = size <= 0;
  return {bytes.data(), static_cast<std::size_t>(std::max(size, 0))};
}

}  // namespace kirsch::testing::detail
