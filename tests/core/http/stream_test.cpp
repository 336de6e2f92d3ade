// Upgraded connections over loopback sockets: what came ahead, room, and each end.
#include <gmock/gmock.h>

#include <algorithm>
#include <string>

#include "served.h"

namespace kirsch::http {
namespace {

using ::testing::HasSubstr;

const std::string upgrade_request = "GET /upgrade HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: lines\r\n\r\n";

Limits soon_full() {
  Limits limits;
  limits.output_high = 4;
  limits.output_low = 2;
  return limits;
}

TEST(ConnectionStream, BeginsWithWhatCameAhead) {
  Served served;
  Client client(served.address());
  client.write(upgrade_request + "early\npart");
  const std::string head = client.read_until("\r\n\r\n");
  EXPECT_EQ(head.substr(0, 12), "HTTP/1.1 101");
  EXPECT_THAT(head, HasSubstr("Connection: upgrade\r\nUpgrade: lines\r\n"));
  EXPECT_EQ(client.read_until("early\n"), "welcome\nearly\n");
  client.write("ial\n");
  EXPECT_EQ(client.read_until("\n"), "partial\n");
  const std::string line = std::string(40'000, 'l') + "\n";
  client.write(line);
  EXPECT_EQ(client.read_until("\n"), line);
  client.write("bye\n");
  EXPECT_EQ(client.read_to_end(), "bye\n");
  EXPECT_EQ(served.events(), (std::vector<std::string>{"sent", "open", "clean"}));
}

// With epoll the kernel takes as little as this in the call that sends it.
TEST(ConnectionStream, TellsThatThereIsRoomAgain) {
  Served served(soon_full());
  Client client(served.address());
  client.write(upgrade_request);
  client.read_until("welcome\n");
  served.wait_until([](TestService& service, Connections&) { return service.events.back() == "stream writable"; });
  client.write("bye\n");
  EXPECT_EQ(client.read_to_end(), "bye\n");
}

TEST(ConnectionStream, TellsOfRoomWhateverElseIsToBeKnown) {
  Served served(soon_full());
  Client client(served.address());
  client.write(upgrade_request);
  const auto told = [](std::ptrdiff_t times) {
    return [times](TestService& service, Connections&) {
      return std::count(service.events.begin(), service.events.end(), "stream writable") == times;
    };
  };
  served.wait_until(told(1));
  client.write("hush\n");
  served.wait_until(told(2));
  client.write("bye\n");
  EXPECT_THAT(client.read_to_end(), HasSubstr("welcome\nhush\nbye\n"));
}

TEST(ConnectionStream, TellsOnceThatAllHasLeft) {
  Served served;
  Client client(served.address());
  // No longer: more than is read ahead of a line's end would be the end of the stream.
  client.write(upgrade_request + std::string(60'000, 'l') + "\ntell\n");
  client.read_until("tell\n");
  served.wait_until([](TestService& service, Connections&) { return service.events.back() == "stream writable"; });
  client.write("more\nbye\n");
  EXPECT_THAT(client.read_to_end(), HasSubstr("more\nbye\n"));
  const auto events = served.events();
  EXPECT_EQ(std::count(events.begin(), events.end(), "stream writable"), 1);
}

TEST(ConnectionStream, EndsInEachWay) {
  Served served;
  Client finishing(served.address());
  finishing.write(upgrade_request);
  finishing.read_until("welcome\n");
  finishing.finish();
  EXPECT_EQ(finishing.read_to_end(), "");
  EXPECT_EQ(served.events().back(), "clean");
  Client dying(served.address());
  dying.write(upgrade_request + "die\n");
  dying.read_to_end();
  EXPECT_TRUE(dying.reset());
  served.wait_until([](TestService&, Connections& connections) { return connections.streams() == 0; });
  EXPECT_EQ(served.events().back(), "lost");
  Client flooding(served.address());
  flooding.write(upgrade_request);
  flooding.read_until("welcome\n");
  flooding.write(std::string(400'000, 'x'));  // never a whole line
  served.wait_until([](TestService&, Connections& connections) { return connections.streams() == 0; });
  EXPECT_EQ(served.events().back(), "lost");
}

}  // namespace
}  // namespace kirsch::http
