// Locks that all processes on one folder share, none of which is ever waited for: bytes of one file, a few for each
// key, by open file description. The kernel takes them from a process that ends, and they leave no files behind.
#pragma once

#include <kirsch/session_storage.h>

#include "descriptor.h"

namespace session_file {

// What a byte stands for.
enum class Part {
  owner = 0,   // the lock of the record
  next = 1,    // who has it gets the owner's next
  change = 2,  // the file is being replaced: for the time of that alone
};

// Of one instance of the storage, which keeps its own threads apart by itself. Any thread. Throws std::system_error
// where the kernel cannot lock at all.
class SharedLocks {
 public:
  explicit SharedLocks(Descriptor file) : file_(std::move(file)) {}

  // False: another instance, of this process or another one, has it.
  bool try_lock(const kirsch::SessionKey& key, Part part) { return try_lock(key, part, 1); }
  void unlock(const kirsch::SessionKey& key, Part part) noexcept;
  // Both the owner and the next, or none.
  bool try_lock_both(const kirsch::SessionKey& key) { return try_lock(key, Part::owner, 2); }
  // Another instance has it.
  bool elsewhere(const kirsch::SessionKey& key, Part part) const;

 private:
  bool try_lock(const kirsch::SessionKey& key, Part part, int count);

  Descriptor file_;
};

// Part::change of a record for a scope, if it could be had. The key outlives it.
class Changing {
 public:
  Changing(SharedLocks& locks, const kirsch::SessionKey& key)
      : locks_(locks), key_(key), had_(locks.try_lock(key, Part::change)) {}
  Changing(const Changing&) = delete;
  Changing& operator=(const Changing&) = delete;
  ~Changing() {
    if (had_) locks_.unlock(key_, Part::change);
  }
  explicit operator bool() const { return had_; }

 private:
  SharedLocks& locks_;
  const kirsch::SessionKey& key_;
  bool had_;
};

}  // namespace session_file
