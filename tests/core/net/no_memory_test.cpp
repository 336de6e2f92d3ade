// What a loop does that gets no memory: it goes on as soon as there is some.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "loopback.h"

namespace {

thread_local bool no_memory = false;

}  // namespace

void* operator new(std::size_t size) {
  void* const memory = no_memory ? nullptr : std::malloc(size);
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

}  // namespace
}  // namespace kirsch::net::test
