// All connections of a loop together: their number, draining, and the end of all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <string>

#include "served.h"

namespace kirsch::http {
namespace {

std::string request_for(const std::string& path, const std::string& fields = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

TEST(Connections, RefuseOneTooMany) {
  Limits limits;
  limits.connections = 2;
  Served served(limits);
  Client first(served.address());
  Client second(served.address());
  first.write(request_for("/late"));
  second.write(request_for("/late"));
  served.wait_until([](TestService&, Connections& connections) { return connections.active() == 2; });
  Client third(served.address());
  const std::string answer = third.read_to_end();
  EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 503");
  EXPECT_THAT(answer, ::testing::HasSubstr("Connection: close"));
}

TEST(Connections, LetTheOneThatIsIdleLongestMakeRoom) {
  Limits limits;
  limits.connections = 2;
  Served served(limits);
  Client first(served.address());
  Client second(served.address());
  for (Client* client : {&first, &second, &first}) {
    client->write(request_for("/hello"));
    client->answer();
  }
  Client third(served.address());
  third.write(request_for("/hello"));
  EXPECT_THAT(third.answer(), ::testing::HasSubstr("hello"));
  EXPECT_EQ(second.read_to_end(), "");
}

TEST(Connections, DrainWithoutLosingARequest) {
  Served served;
  Client idle(served.address());
  idle.write(request_for("/hello"));
  idle.answer();
  Client busy(served.address());
  busy.write(request_for("/late"));
  served.wait_until([](TestService& service, Connections&) { return !service.held.empty(); });
  std::promise<void> empty;
  served.call([&](TestService&, Connections& connections) {
    EXPECT_EQ(connections.count(), 2U);
    EXPECT_EQ(connections.active(), 1U);
    EXPECT_EQ(connections.idle(), 1U);
    connections.drain([](void* self) { static_cast<std::promise<void>*>(self)->set_value(); }, &empty);
    return 0;
  });
  idle.write(request_for("/hello"));
  const std::string answer = idle.read_to_end();
  EXPECT_THAT(answer, ::testing::HasSubstr("hello"));
  EXPECT_THAT(answer, ::testing::HasSubstr("Connection: close"));
  idle.close();
  served.call([](TestService& service, Connections&) { return service.held.front()->answer_later(), 0; });
  EXPECT_THAT(busy.read_to_end(), ::testing::HasSubstr("/late|"));
  busy.close();
  empty.get_future().get();
}

TEST(Connections, AbortAllTellsEveryone) {
  Served served;
  Client busy(served.address());
  busy.write(request_for("/hold"));
  Client stream(served.address());
  stream.write(request_for("/upgrade", "Connection: upgrade\r\nUpgrade: lines\r\n"));
  stream.read_until("welcome\n");
  Client idle(served.address());
  idle.write(request_for("/hello"));
  idle.answer();
  served.wait_until([](TestService& service, Connections&) { return !service.held.empty(); });
  served.call([](TestService& service, Connections& connections) {
    connections.abort_all();
    EXPECT_EQ(connections.count(), 0U);
    EXPECT_TRUE(service.transactions.empty());
    return 0;
  });
  const auto events = served.events();
  EXPECT_EQ(std::ranges::count(events, "gone"), 1);
  EXPECT_EQ(std::ranges::count(events, "lost"), 1);
  EXPECT_EQ(idle.read_to_end(), "");
}

TEST(Connections, EndCleanlyWhenTheLoopStops) {
  Served served;
  Client busy(served.address());
  busy.write(request_for("/hold"));
  served.wait_until([](TestService& service, Connections&) { return !service.held.empty(); });
}

}  // namespace
}  // namespace kirsch::http
