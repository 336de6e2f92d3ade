// A large file to a client, whole and as one range, in constant memory.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/uio.h>
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

TEST(Download, of_a_large_file_holds_constant_memory) {
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

// Of each file but a small one the kernel has nothing in memory.
class Cold : public ::testing::Test {
 protected:
  static constexpr std::uint64_t size = 8 * mebi;

  Cold() {
    std::string bytes(size, '\0');
    for (std::uint64_t mark = 0; mark < size; mark += mebi) bytes.replace(mark, 1, std::to_string(mark / mebi));
    folder_.write("large.bin", bytes);
  }
  std::string file() const { return "deliver_kept: { root: \"" + folder_.path().string() + "\", file: large.bin }"; }

  // Not every file system can tell what is in memory, or drops it when asked to.
  bool drop() const {
    const int descriptor = ::open((folder_.path() / "large.bin").c_str(), O_RDONLY | O_CLOEXEC);
    ::fdatasync(descriptor);
    ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
    char byte = 0;
    const iovec place{&byte, 1};
    const bool cold = ::preadv2(descriptor, &place, 1, size / 2, RWF_NOWAIT) < 0 && errno == EAGAIN;
    ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
    ::close(descriptor);
    return cold;
  }

  TemporaryFolder folder_;
};

// What threads of that name have read, from the disk or not.
std::uint64_t read_by(const Server& server, std::string_view name) {
  std::uint64_t bytes = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(server.pid()) + "/task")) {
    if (!contents_of(task.path() / "comm").starts_with(name)) continue;
    bytes += std::stoull(contents_of(task.path() / "io").substr(std::string_view("rchar: ").size()));
  }
  return bytes;
}

TEST_F(Cold, FilesAreReadByWorkers) {
  const Server server(loopback("server: { loops: 1 }\npaths: { /: { handler: { " + file() + " } } }\n"));
  EXPECT_EQ(get(server, "/").status, 200);
  const auto before = read_by(server, "kirsch-work");
  if (!drop()) GTEST_SKIP() << "this file system keeps files in memory";
  const auto answer = get(server, "/");
  EXPECT_EQ(answer.body.size(), size);
  EXPECT_TRUE(is_right(answer.body, 0));
  EXPECT_GE(read_by(server, "kirsch-work"), before + mebi);
}

TEST_F(Cold, FilesWaitForAWorkerRatherThanHoldTheLoop) {
  const Server server(
      loopback("server: { loops: 1, workers: 1, limits: { worker_queue: 1 } }\npaths:\n"
               "  /: { handler: { " +
               file() +
               " } }\n  /here: { handler: { respond: { body: here } } }\n"
               "  /wait: { handler: { gate: {} } }\n  /open: { handler: { gate_opener: {} } }\n"));
  Client working(server), waiting(server), cold(server);
  working.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  server.wait_for_log("gate: waiting");
  waiting.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(get(server, "/here").body, "here");
  EXPECT_EQ(get(server, "/wait").status, 503) << "the queue is full";
  if (!drop()) GTEST_SKIP() << "this file system keeps files in memory";
  cold.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(cold.read_without_body().status, 200);
  for (int count = 0; count < 10; ++count) EXPECT_EQ(get(server, "/here").body, "here");
  EXPECT_TRUE(cold.silent()) << "there is no worker that could read the file";
  EXPECT_EQ(get(server, "/open").status, 200);
  EXPECT_TRUE(is_right(cold.read_exactly(size), 0));
}

}  // namespace
}  // namespace kirsch::test
