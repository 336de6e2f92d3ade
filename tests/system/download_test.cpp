// A gibibyte to a client: from a file, whole and as one range, in constant memory.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "support/memory.h"

namespace kirsch::test {
namespace {

// Of the file, whose mebibytes each begin with their number; the rest is zeros.
bool is_right(std::string_view piece, std::uint64_t offset) {
  while (!piece.empty()) {
    const auto number = std::to_string(offset / mebi);
    const auto at = static_cast<std::size_t>(offset % mebi);
    const auto size = at < number.size() ? 1 : std::min<std::size_t>(piece.size(), mebi - at);
    const char first = at < number.size() ? number[at] : '\0';
    if (piece.substr(0, size).find_first_not_of(first) != piece.npos) return false;
    piece.remove_prefix(size);
    offset += size;
  }
  return true;
}

// What follows the head: how much of it is right.
std::uint64_t take_body(Client& client, std::uint64_t size) {
  std::uint64_t taken = 0;
  while (taken < size) {
    const auto piece = client.read_some(1 << 20);
    if (piece.empty() || !is_right(piece, taken)) break;
    taken += piece.size();
  }
  return taken;
}

TEST(Download, of_a_gibibyte_from_a_file_holds_constant_memory) {
  TemporaryFolder site;
  const auto file = site.write("large.bin", "");
  {
    std::fstream marks(file, std::ios::in | std::ios::out | std::ios::binary);  // the rest is a hole
    for (std::uint64_t mark = 0; mark < large_body; mark += mebi) {
      marks.seekp(static_cast<std::streamoff>(mark));
      marks << mark / mebi;
    }
  }
  std::filesystem::resize_file(file, large_body);
  const Server server(loopback("paths: { /: { handler: { static: { root: \"" + site.path().string() + "\" } } } }\n"));
  EXPECT_EQ(get(server, "/none").status, 404);
  const auto before = most_resident(server.pid());
  for (const auto* fields : {"", "Range: bytes=0-\r\n"}) {
    Client client(server);
    ASSERT_TRUE(
        client.send("GET /large.bin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + std::string(fields) + "\r\n"));
    const auto head = client.read_without_body();
    EXPECT_EQ(head.status, std::string_view(fields).empty() ? 200 : 206);
    EXPECT_EQ(head.field("Content-Length"), std::to_string(large_body));
    EXPECT_EQ(take_body(client, large_body), large_body);
    EXPECT_TRUE(client.closed_by_peer());
  }
  EXPECT_LT(most_resident(server.pid()), before + tolerated_growth);
}

}  // namespace
}  // namespace kirsch::test
