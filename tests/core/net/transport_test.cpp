// Connections over real sockets: what goes in comes out, and every way to end one.
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>

#include "loopback.h"

namespace kirsch::net::test {
namespace {

using namespace std::chrono_literals;

TEST(TransportTest, EchoesWhatComesIn) {
  ConnectionAcceptor acceptor(echo);
  RunningLoop running;
  Client client(serve(running, acceptor));
  for (const std::string text : {"first", "second", "third"}) {
    ASSERT_TRUE(client.write(text));
    EXPECT_EQ(client.read(text.size()), text);
  }
  client.finish();
  EXPECT_EQ(client.read_once(), 0);
}

TEST(TransportTest, KnowsBothAddresses) {
  std::promise<std::pair<std::string, std::string>> names;
  ConnectionAcceptor acceptor([&](Connection& connection) {
    names.set_value({Address(connection.transport->addresses().peer).text(),
                     Address(connection.transport->addresses().local).text()});
  });
  RunningLoop running;
  const Address bound = serve(running, acceptor);
  Client client(bound);
  sockaddr_storage own{};
  socklen_t size = sizeof(own);
  ASSERT_EQ(::getsockname(client.fd(), reinterpret_cast<sockaddr*>(&own), &size), 0);
  const auto [peer, local] = names.get_future().get();
  EXPECT_EQ(peer, Address(own, size).text());
  EXPECT_EQ(local, bound.text());
}

TEST(TransportTest, SendsAMebibyteInPiecesToASlowReader) {
  const std::string body = pattern(1 << 20);
  std::atomic<bool> sent = false;
  std::promise<bool> sent_inside_send;
  ConnectionAcceptor acceptor([&](Connection& connection) {
    connection.sent = [&] {
      sent = true;
      connection.transport->close();
    };
    std::vector<iovec> pieces;
    for (std::size_t at = 0; at < body.size(); at += 700) {
      pieces.push_back({const_cast<char*>(body.data()) + at, std::min<std::size_t>(700, body.size() - at)});
      pieces.push_back({nullptr, 0});
    }
    connection.transport->send(pieces);
    pieces.assign(pieces.size(), iovec{nullptr, 0});  // the array is ours again
    sent_inside_send.set_value(sent);
  });
  RunningLoop running;
  Client client(serve(running, acceptor), 4096);
  EXPECT_FALSE(sent_inside_send.get_future().get());
  std::string got;
  while (got.size() < body.size()) {
    const std::string part = client.read(std::min<std::size_t>(10'000, body.size() - got.size()));
    ASSERT_FALSE(part.empty());
    got += part;
  }
  EXPECT_TRUE(got == body);
  EXPECT_EQ(client.read_once(), 0);
  EXPECT_TRUE(sent);
}

// Sends `piece` when the first byte comes, with `more` again each time that it is sent; ends when the second byte
// comes.
void hear_a_second_byte_while_sending(const std::string& piece, bool more) {
  std::promise<void> second;
  ConnectionAcceptor acceptor([&](Connection& connection) {
    connection.data = [&](std::span<char> bytes) {
      if (bytes.front() == '1') return send_text(connection, piece);
      std::exchange(connection.transport, nullptr)->close();
      second.set_value();
    };
    if (more) connection.sent = [&] { send_text(connection, piece); };
  });
  RunningLoop running;
  Client client(serve(running, acceptor), 4096);
  ASSERT_TRUE(client.write("1"));
  ASSERT_EQ(client.read(3).size(), 3U);
  ASSERT_TRUE(client.write("2"));
  ASSERT_EQ(second.get_future().wait_for(20s), std::future_status::ready);
}

TEST(TransportTest, ReceivesWhileAFirstAnswerWaitsForItsReader) {
  hear_a_second_byte_while_sending(std::string(16 << 20, 'x'), false);
}

TEST(TransportTest, ReceivesWhileSmallPiecesFollowAFirstAnswerWithoutEnd) {
  hear_a_second_byte_while_sending("two", true);
}

// The kernel has what it takes by the time at which the peer has read a part of it.
TEST(TransportTest, KnowsWhatTheKernelAndThePeerHaveNotTaken) {
  const std::string body = pattern(16 << 20);
  std::promise<std::uint64_t> unsent;
  ConnectionAcceptor acceptor([&](Connection& connection) {
    connection.data = [&](std::span<char>) {
      const std::uint64_t left = connection.transport->unsent();
      EXPECT_GE(connection.transport->unacknowledged(), 1U);
      EXPECT_LE(connection.transport->unacknowledged(), body.size() - left);
      connection.transport->close();
      EXPECT_EQ(connection.transport->unsent(), left) << "still known";
      unsent.set_value(left);
    };
    send_text(connection, body);
  });
  RunningLoop running;
  Client client(serve(running, acceptor), 4096);
  const auto first = client.read(1).size();
  client.write("?");
  const std::uint64_t left = unsent.get_future().get();
  EXPECT_GT(left, 0U);
  EXPECT_EQ(first + client.read(body.size()).size(), body.size() - left);
}

TEST(TransportTest, KnowsWhatWasUnsentWhenThePeerResets) {
  const std::string body = pattern(16 << 20);
  std::promise<std::uint64_t> sending, unsent;
  ConnectionAcceptor acceptor([&](Connection& connection) {
    Transport& transport = *connection.transport;
    connection.lost = [&](int) { unsent.set_value(transport.unsent()); };
    send_text(connection, body);
    sending.set_value(transport.unsent());
  });
  RunningLoop running;
  Client client(serve(running, acceptor), 4096);
  const std::uint64_t before = sending.get_future().get();
  client.reset();
  const std::uint64_t after = unsent.get_future().get();
  EXPECT_GT(after, 0U);
  EXPECT_LE(after, before);
}

TEST(TransportTest, ReportsASendThatTheKernelTookAtOnceLater) {
  std::promise<bool> inside;
  std::atomic<bool> sent = false;
  ConnectionAcceptor acceptor([&](Connection& connection) {
    connection.sent = [&] {
      sent = true;
      connection.transport->close();
    };
    connection.transport->send({});
    inside.set_value(sent || !connection.transport->sending());
  });
  RunningLoop running;
  Client client(serve(running, acceptor));
  EXPECT_FALSE(inside.get_future().get());
  EXPECT_EQ(client.read_once(), 0);
  EXPECT_TRUE(sent);
}

TEST(TransportTest, AnswersAClientThatHasFinishedSending) {
  ConnectionAcceptor acceptor([](Connection& connection) {
    connection.end = [&] { send_text(connection, "answer"); };
    connection.sent = [&] { connection.transport->close(); };
  });
  RunningLoop running;
  Client client(serve(running, acceptor));
  ASSERT_TRUE(client.write("question"));
  client.finish();
  EXPECT_EQ(client.read(7), "answer");
}

TEST(TransportTest, EndsItsOutputAfterWhatIsBeingSentAndStillReads) {
  const std::string body = pattern(4 << 20);
  std::promise<std::string> got;
  ConnectionAcceptor acceptor([&](Connection& connection) {
    connection.data = [&](std::span<char> bytes) {
      got.set_value({bytes.data(), bytes.size()});
      connection.transport->close();
    };
    send_text(connection, body);
    connection.transport->shutdown_write();
  });
  RunningLoop running;
  Client client(serve(running, acceptor));
  EXPECT_TRUE(client.read(body.size()) == body);
  EXPECT_EQ(client.read_once(), 0);
  ASSERT_TRUE(client.write("late"));
  EXPECT_EQ(got.get_future().get(), "late");
}

TEST(TransportTest, EndsItsOutputAfterASendThatTheKernelTakesAtOnce) {
  ConnectionAcceptor acceptor([](Connection& connection) {
    send_text(connection, "bye");
    connection.transport->shutdown_write();
  });
  RunningLoop running;
  Client client(serve(running, acceptor));
  EXPECT_EQ(client.read(4), "bye");
  EXPECT_EQ(client.read_once(), 0);
}

TEST(TransportTest, HasTriedASendBeforeTheCloseThatFollows) {
  ConnectionAcceptor acceptor([](Connection& connection) {
    send_text(connection, "bye");
    std::exchange(connection.transport, nullptr)->close();
  });
  RunningLoop running;
  Client client(serve(running, acceptor));
  EXPECT_EQ(client.read(4), "bye");
  EXPECT_EQ(client.read_once(), 0);
}

TEST(TransportTest, IsLostWhenThePeerResets) {
  std::promise<int> lost;
  ConnectionAcceptor acceptor(
      [&](Connection& connection) { connection.lost = [&](int error) { lost.set_value(error); }; });
  RunningLoop running;
  Client client(serve(running, acceptor));
  client.reset();
  EXPECT_EQ(lost.get_future().get(), ECONNRESET);
  EXPECT_EQ(running.call([&] { return running.loop().connections(); }), 0U);
}

TEST(TransportTest, IsLostWhenThePeerResetsWhileReadingIsPaused) {
  std::promise<int> lost;
  std::promise<void> accepted;
  ConnectionAcceptor acceptor([&](Connection& connection) {
    connection.transport->pause_reading();
    connection.data = [](std::span<char>) { ADD_FAILURE() << "data while paused"; };
    connection.lost = [&](int error) { lost.set_value(error); };
    accepted.set_value();
  });
  RunningLoop running;
  Client client(serve(running, acceptor));
  accepted.get_future().get();
  ASSERT_TRUE(client.write("unread"));
  client.reset();
  EXPECT_EQ(lost.get_future().get(), ECONNRESET);
}

TEST(TransportTest, IsLostWhenThePeerResetsDuringASend) {
  const std::string body = pattern(16 << 20);
  std::promise<int> lost;
  ConnectionAcceptor acceptor([&](Connection& connection) {
    connection.lost = [&](int error) { lost.set_value(error); };
    send_text(connection, body);
  });
  RunningLoop running;
  Client client(serve(running, acceptor), 4096);
  EXPECT_EQ(client.read(100).size(), 100U);
  client.reset();
  const int error = lost.get_future().get();
  EXPECT_TRUE(error == ECONNRESET || error == EPIPE) << error;
}

TEST(TransportTest, ResetsThePeerOnAbort) {
  ConnectionAcceptor acceptor(
      [](Connection& connection) { connection.data = [&](std::span<char>) { connection.transport->abort(); }; });
  RunningLoop running;
  Client client(serve(running, acceptor));
  ASSERT_TRUE(client.write("x"));
  EXPECT_EQ(client.read_once(), -1);
  EXPECT_EQ(errno, ECONNRESET);
}

TEST(TransportTest, DeliversNothingWhilePausedAndAllOfItAfterwards) {
  std::promise<Connection*> accepted;
  std::string got;
  std::promise<void> ended;
  std::atomic<bool> paused = true;
  ConnectionAcceptor acceptor([&](Connection& connection) {
    connection.transport->pause_reading();
    connection.data = [&](std::span<char> bytes) {
      EXPECT_FALSE(paused);
      got.append(bytes.data(), bytes.size());
    };
    connection.end = [&] {
      EXPECT_FALSE(paused);
      ended.set_value();
    };
    accepted.set_value(&connection);
  });
  RunningLoop running;
  Client client(serve(running, acceptor));
  Connection* connection = accepted.get_future().get();
  const std::string body = pattern(50'000);
  ASSERT_TRUE(client.write(body));
  client.finish();
  for (int turn = 0; turn < 20; ++turn) running.call([] {});
  running.call([&] {
    paused = false;
    connection->transport->resume_reading();
  });
  ended.get_future().get();
  EXPECT_TRUE(got == body);
}

TEST(TransportTest, DoesNotSpinOnAConnectionWhoseBothSidesHaveEnded) {
  std::promise<void> ended;
  ConnectionAcceptor acceptor([&](Connection& connection) {
    connection.end = [&] {
      connection.transport->shutdown_write();
      ended.set_value();
    };
  });
  RunningLoop running;
  Client client(serve(running, acceptor));
  client.finish();
  ended.get_future().get();
  EXPECT_EQ(client.read_once(), 0);
  std::promise<void> fired;
  running.call([&] {
    running.loop().start_timer(
        300, [](void* self) { static_cast<std::promise<void>*>(self)->set_value(); }, nullptr, &fired);
  });
  timespec start{}, stop{};
  running.call([&] { ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start); });
  fired.get_future().get();
  running.call([&] { ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &stop); });
  const auto used = (stop.tv_sec - start.tv_sec) * 1'000'000'000 + stop.tv_nsec - start.tv_nsec;
  EXPECT_LT(used, 100'000'000);  // of the processor, not of the wall
}

TEST(TransportTest, CanBeClosedInsideEveryEvent) {
  enum Event { accept, data, end, sent, timeout };
  for (const Event event : {accept, data, end, sent, timeout}) {
    ConnectionAcceptor acceptor([event](Connection& connection) {
      // Run from a copy: it replaces the functions that hold it.
      const auto close = [&connection] {
        std::exchange(connection.transport, nullptr)->close();
        connection.data = [](std::span<char>) { ADD_FAILURE() << "data after close"; };
        connection.end = connection.sent = connection.timeout = [] { ADD_FAILURE() << "an event after close"; };
        connection.lost = [](int) { ADD_FAILURE() << "lost after close"; };
      };
      if (event == accept) return close();
      if (event == data)
        connection.data = [close](std::span<char>) {
          const auto copy = close;
          copy();
        };
      if (event == end)
        connection.end = [close] {
          const auto copy = close;
          copy();
        };
      if (event == sent) {
        connection.sent = [close] {
          const auto copy = close;
          copy();
        };
        send_text(connection, "s");
      }
      if (event == timeout) {
        connection.timeout = [close] {
          const auto copy = close;
          copy();
        };
        connection.transport->set_deadline(base::steady_now() + 1ms);
      }
    });
    RunningLoop running;
    Client client(serve(running, acceptor));
    ASSERT_TRUE(client.connected());
    client.write("x");
    if (event != timeout) client.finish();
    while (client.read_once() > 0) {
    }
    running.call([] {});
    EXPECT_EQ(running.loop().connections(), 0U) << event;
  }
}

TEST(TransportTest, AnEventOfThisTurnNeverReachesAConnectionThatTookThePlaceOfAClosedOne) {
  // Both get data in one turn; whoever comes first closes the other and makes a new one, whose slot must be another.
  std::vector<std::unique_ptr<Connection>> extra;
  std::vector<base::UniqueFd> far_ends;
  std::promise<void> both;
  std::promise<void> done;
  int accepted = 0;
  int handled = 0;
  Loop* loop = nullptr;
  ConnectionAcceptor acceptor([&](Connection& connection) {
    if (++accepted == 2) both.set_value();
    connection.data = [&](std::span<char>) {
      ++handled;
      for (auto& other : acceptor.connections) {
        if (other.get() == &connection || other->transport == nullptr) continue;
        Transport* const closed = std::exchange(other->transport, nullptr);
        closed->close();
        int pair[2];
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        far_ends.emplace_back(pair[1]);
        auto& fresh = *extra.emplace_back(std::make_unique<Connection>());
        fresh.data = [](std::span<char>) { ADD_FAILURE() << "somebody else's event"; };
        fresh.lost = [](int error) { EXPECT_EQ(error, ECANCELED); };
        fresh.transport = loop->adopt(base::UniqueFd(pair[0]), fresh);
        EXPECT_NE(fresh.transport, closed);
      }
      done.set_value();
    };
  });
  RunningLoop running;
  loop = &running.loop();
  const Address address = serve(running, acceptor);
  Client first(address), second(address);
  both.get_future().get();
  running.call([&] {
    first.write("1");  // while the loop is busy, so that it finds both at once
    second.write("2");
  });
  done.get_future().get();
  running.call([] {});
  running.end();
  EXPECT_EQ(handled, 1);
}

TEST(TransportTest, DoesNotDelaySmallSegments) {
  const Listener listener = Listener::bind(loopback()).front();
  Client client(listener.address());
  const base::UniqueFd accepted(::accept4(listener.descriptor(), nullptr, nullptr, SOCK_CLOEXEC));
  int on = 0;
  socklen_t size = sizeof(on);
  ASSERT_EQ(::getsockopt(accepted.get(), IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
  EXPECT_NE(on, 0);
}

}  // namespace
}  // namespace kirsch::net::test
