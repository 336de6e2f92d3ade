// The one thread that takes the signals of the process, so that their consequences run as ordinary code.
#pragma once

#include <csignal>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace signals {

struct Signal {
  int number = 0;
  std::string name;
};

// Takes signals from its construction to its destruction. They must be blocked in every thread, or the kernel delivers
// them elsewhere.
class SignalWaiter {
 public:
  // On the waiter's thread; must not throw. `sender` is a phrase such as "from pid 123".
  using Taker = std::function<void(const Signal& signal, const std::string& sender)>;

  // Throws std::system_error when a descriptor or the thread cannot be made.
  SignalWaiter(std::vector<Signal> signals, Taker taker);
  SignalWaiter(const SignalWaiter&) = delete;
  SignalWaiter& operator=(const SignalWaiter&) = delete;
  ~SignalWaiter();  // waits for the thread, so not on it

 private:
  class Descriptor {
   public:
    Descriptor(int number, const char* what);  // throws std::system_error for a negative number
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor();
    int number() const { return number_; }

   private:
    int number_;
  };

  void run() noexcept;
  void take_one() noexcept;

  std::vector<Signal> signals_;
  Taker taker_;
  Descriptor arrivals_;
  Descriptor end_;
  std::thread thread_;
};

}  // namespace signals
