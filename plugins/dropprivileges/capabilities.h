// The capabilities that are kept, by their numbers, and how the rest goes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dropprivileges {

class Capabilities {
 public:
  Capabilities() = default;
  // "net_bind_service" or "CAP_NET_BIND_SERVICE". Throws kirsch::OptionError: unknown, or it gives root back.
  explicit Capabilities(const std::vector<std::string>& kept);

  // Of the calling thread; while it has all of them. Nothing that is run later gets more than what is kept. Throws
  // std::system_error.
  void empty_bounding_set() const;
  // What is kept stays in force, everything else is gone. Throws std::system_error.
  void apply() const;

  std::uint64_t mask() const { return mask_; }

 private:
  std::uint64_t mask_ = 0;
};

}  // namespace dropprivileges
