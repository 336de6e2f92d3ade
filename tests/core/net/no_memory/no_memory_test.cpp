// What a loop does that gets no memory: it goes on as soon as there is some.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <new>

#include "core/net/tls_served.h"

namespace {

thread_local bool no_memory = false;
thread_local int until_failure = -1;  // how many allocations come before one that fails; negative: none fails

bool fails() { return no_memory || (until_failure >= 0 && until_failure-- == 0); }

}  // namespace

void* operator new(std::size_t size) {
  void* const memory = fails() ? nullptr : std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void operator delete(void* memory) noexcept { std::free(memory); }

void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace kirsch::net::test {
namespace {

using namespace std::chrono_literals;

void give_memory(RunningLoop& running, bool some) {
  running.call([some] { no_memory = !some; });
}

TEST(LoopTest, AcceptsAgainWhereNotEvenATimerCouldBeHad) {
  ConnectionAcceptor acceptor(echo);
  RunningLoop running;
  const Address address = serve(running, acceptor);
  give_memory(running, false);
  Client lost(address);
  EXPECT_LE(lost.read_once(), 0);
  give_memory(running, true);
  Client client(address);
  ASSERT_TRUE(client.write("x"));
  EXPECT_EQ(client.read(1), "x");
}

struct Shedding final : Hoard {
  std::promise<void> shed_once;
  std::size_t shed() noexcept override {
    shed_once.set_value();
    return 0;
  }
};

TEST(LoopTest, ShedsLaterWhereNoTimerCouldBeHad) {
  RunningLoop running;
  Shedding hoard;
  running.call([&] {
    no_memory = true;
    running.loop().shed_later(hoard);
    no_memory = false;
    running.loop().shed_later(hoard);
  });
  EXPECT_EQ(hoard.shed_once.get_future().wait_for(20s), std::future_status::ready);
}

// One connection at a time; needs no memory of its own.
struct TlsEcho final : Acceptor, TransportEvents {
  Transport* transport = nullptr;
  std::array<char, 64> bytes{};
  void on_accept(Transport& accepted) override {
    transport = &accepted;
    accepted.set_events(*this);
  }
  void on_data(std::span<char> got) override {
    const iovec piece{bytes.data(), std::min(got.size(), bytes.size())};
    std::copy_n(got.begin(), piece.iov_len, bytes.begin());
    if (!transport->sending()) transport->send({&piece, 1});
  }
  void on_end() override { transport->close(); }
  void on_sent() override {}
  void on_timeout() override {}
  void on_lost(int) override {}
};

bool echoed(std::uint16_t port) {
  try {
    kirsch::test::TlsClient client(port);
    return client.send("hello") && client.read_exactly(5) == "hello";
  } catch (const std::runtime_error&) {
    return false;
  }
}

// Whatever a connection wants memory for: where it gets none it ends, and the next one is served.
TEST(TlsTransportTest, EndsAConnectionThatGetsNoMemoryAndNoOther) {
  TlsEcho echoing;
  Sentence sentence;
  tls::Contexts contexts;
  contexts.set(tls_context(tls_settings(localhost_certificate())));
  std::unique_ptr<tls::Layer> layer;
  RunningLoop running;
  running.call([&] { layer = std::make_unique<tls::Layer>(running.loop()); });
  const std::uint16_t port = serve(running, layer->entrance(contexts, echoing, sentence, {})).port();
  EXPECT_TRUE(echoed(port));
  int failures = 0;
  for (int before = 0; before < 40; ++before) {
    running.call([before] { until_failure = before; });
    failures += echoed(port) ? 0 : 1;
    running.call([] { until_failure = -1; });
    EXPECT_TRUE(echoed(port)) << before;
  }
  EXPECT_GT(failures, 3) << "nothing failed";
  running.end();
  layer.reset();
}

}  // namespace
}  // namespace kirsch::net::test
