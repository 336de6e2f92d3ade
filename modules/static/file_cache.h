// What a loop has looked up lately. One per loop, used on its thread alone, so without locks.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "resource.h"

namespace static_files {

class FileCache {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::milliseconds fresh{900};  // with the time of a look less than a second
  static constexpr std::chrono::seconds kept{10};         // unused: it keeps a descriptor, a deleted file its room

  void limit(std::size_t files, std::uint64_t memory) {
    most_files_ = files;
    most_memory_ = memory;
  }

  struct Found {
    std::shared_ptr<const Resource> resource;  // null: not known
    bool fresh = false;                        // else it must be looked up again, for which it is of use
  };
  Found find(std::string_view path, Time now);
  // `looked`: when the look began.
  void put(std::string_view path, std::shared_ptr<const Resource> resource, Time looked);
  // Drops what nobody has asked for lately.
  void sweep(Time now);
  // Drops all of it.
  void clear();
  bool empty() const { return entries_.empty(); }

  bool sweeping = false;  // a timer runs that will sweep

 private:
  struct Entry {
    std::string path;
    std::shared_ptr<const Resource> resource;
    Time looked;
    Time used;
  };
  using Entries = std::list<Entry>;  // the one used last in front
  void drop(Entries::iterator entry);

  Entries entries_;
  std::unordered_map<std::string_view, Entries::iterator> by_path_;
  std::uint64_t memory_ = 0;
  std::size_t most_files_ = 0;
  std::uint64_t most_memory_ = 0;
};

}  // namespace static_files
