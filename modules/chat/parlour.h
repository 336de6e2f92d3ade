// One room of the chat: who is there, and what was said last. Not for several threads at once.
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <string_view>

namespace chat {

class Parlour {
 public:
  // Returns the name that the guest has here: with a number where somebody has it already.
  std::string enter(std::string_view wished);
  void leave(const std::string& name) { names_.erase(name); }
  bool empty() const { return names_.empty(); }

  // What everybody hears of it. At most `kept` of them are remembered.
  std::string say(std::string_view name, std::string_view text, std::size_t kept);

  std::string present() const;  // all names
  std::string history() const;  // what newcomers hear: those that are remembered, the oldest first

 private:
  std::set<std::string> names_;
  std::deque<std::string> said_;
  std::uint64_t count_ = 0;
};

}  // namespace chat
