// A storage of sessions that is three methods: read, write and erase the bytes under a key.
//
//   struct Cupboard {
//     std::optional<std::string> read(const kirsch::SessionKey& key);
//     void write(const kirsch::SessionKey& key, std::string_view record, std::chrono::milliseconds left);
//     void erase(const kirsch::SessionKey& key);
//   };
//   KIRSCH_MODULE("cupboard", "1.0.0", kirsch::simple_session_storage<Cupboard>("cupboard"));
//
// All else that kirsch/session_storage.h asks of a storage is done here, in memory: locks in the order in which they
// were asked for, leases, revisions, expiry, counters. The class is the backend alone; options and `prepare` are those
// of any instance.
//
// Methods   `read` returns what `write` was given last, every byte of it, or nullopt where there is nothing. `write`
//           replaces the record, whole or not at all; `left` is the time until it expires, for backends that forget by
//           themselves. It may return a SessionStatus in place of void: `full` or `too_large` where nothing was
//           written. `erase` is called for what is not there, too. A record is read each time before it is written.
// Threads   They run on workers, where they may block, and one at a time: a class needs no mutex, and a connection to a
//           database is used by one thread. With `static constexpr bool concurrent = true` they run for different keys
//           at once, never for one key. All sessions wait for a call that hangs, or all of its key: give each a limit
//           in time. The object is destroyed behind its last call, on any thread.
// Failures  Where one throws, nobody knows what it has done: the caller hears `unavailable`, and the error log has the
//           sentence, one in a second. Nothing of a record is logged.
// Restarts  Where a backend keeps records longer than the process lives, they are found again with their age and the
//           time that is left, by the calendar: `write` gets 40 bytes that say so, then the record. What does not begin
//           with them is `corrupt`, and erased. A sweep erases what has expired of the records that this process has
//           seen, which are also those that it counts; without sweeps (`clean_freq: off`) some 80 bytes of each stay.
//           Of others a backend rids itself, by `left`.
// Limits    Locks and revisions hold for the callers of one instance. Records of several server processes, or of two
//           places in YAML, want a storage whose locks they share, as session_file and session_redis are.
#pragma once

#include <kirsch/log.h>
#include <kirsch/session_value.h>
#include <kirsch/simple_session_engine.h>

namespace kirsch {

// The 64 digits of a key, which may be the name of a file or a column of text.
inline std::string hexadecimal(const SessionKey& key) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const auto byte : key.bytes) (text += digits[byte >> 4]) += digits[byte & 15];
  return text;
}

namespace detail {

// What a backend has of a record: a mark with the version of the layout, then size, creation, expiry and revision,
// little-endian, then the data.
inline constexpr std::string_view simple_mark = "Kirsch/1";
inline constexpr std::size_t simple_head = 40;

inline std::string encoded(const SimpleRecord& record) {
  std::string bytes(simple_mark);
  bytes.reserve(simple_head + record.data.size());
  for (const std::uint64_t number : {record.data.size(), record.created, record.expires, record.revision})
    append_little(bytes, number);
  return bytes += record.data;
}

// False: these are not the bytes of a record, or not all of them.
inline bool decode(std::string_view bytes, SimpleRecord& record) {
  if (bytes.size() < simple_head || !bytes.starts_with(simple_mark)) return false;
  const auto number = [&](std::size_t index) { return little<std::uint64_t>(bytes.substr(8 + 8 * index)); };
  record = {number(1), number(2), number(3), std::string(bytes.substr(simple_head))};
  return number(0) == record.data.size();
}

template <class Backend>
constexpr bool is_concurrent() {
  if constexpr (requires { Backend::concurrent; }) return Backend::concurrent;
  return false;
}

template <class Backend>
class SimpleSessions final : public SimpleSessionEngine {
 public:
  SimpleSessions() : SimpleSessionEngine(is_concurrent<Backend>()) {}
  Backend backend;

 private:
  SessionStatus read(const SessionKey& key, SimpleRecord& record) override {
    const std::optional<std::string> bytes = backend.read(key);
    if (!bytes) return SessionStatus::absent;
    if (decode(*bytes, record)) return SessionStatus::done;
    log(Level::error, "what was kept of a session is no record; it will be erased");
    return SessionStatus::corrupt;
  }
  SessionStatus write(const SessionKey& key, const SimpleRecord& record, std::chrono::milliseconds left) override {
    auto status = SessionStatus::done;
    if constexpr (std::is_void_v<decltype(backend.write(key, encoded(record), left))>) {
      backend.write(key, encoded(record), left);
    } else {
      status = backend.write(key, encoded(record), left);
    }
    const bool said =
        status == SessionStatus::done || status == SessionStatus::full || status == SessionStatus::too_large;
    return said ? status : SessionStatus::unavailable;
  }
  void erase(const SessionKey& key) override { backend.erase(key); }
  void failed() noexcept override {
    kirsch_error error{};
    describe(&error);
    const auto second = std::chrono::steady_clock::now().time_since_epoch() / std::chrono::seconds(1);
    if (complained_.exchange(second) == second) return;
    log(Level::error, "a session could not be read, written or erased: ", std::string_view(error.text));
  }

  std::atomic<std::int64_t> complained_ = -1;  // in which second
};

// What an instance is: options and `prepare` are the backend's.
template <class Backend>
struct SimpleSessionInstance {
  const std::shared_ptr<SimpleSessions<Backend>> records = std::make_shared<SimpleSessions<Backend>>();

  static std::int32_t create(const kirsch_value* options, void** self, kirsch_error* error) noexcept {
    try {
      auto instance = std::make_unique<SimpleSessionInstance>();
      auto& backend = instance->records->backend;
      if constexpr (Configurable<Backend>) read(*options, backend);
      if constexpr (requires { backend.prepare(); }) backend.prepare();
      *self = instance.release();
      return 0;
    } catch (...) {
      describe(error);
      return 1;
    }
  }
};

}  // namespace detail

template <class Backend>
struct SimpleSessionStorageDefinition {
  static_assert(
      requires(Backend & backend, const SessionKey& key, std::string_view record, std::chrono::milliseconds left) {
        std::optional<std::string>(backend.read(key));
        backend.write(key, record, left);
        backend.erase(key);
      },
      "a simple session storage needs public methods read, write and erase, as simple_session_storage.h has them");

  std::string_view name;

  constexpr void write(detail::JsonWriter& json) const { ServiceDefinition<Backend, SessionStorage>{name}.write(json); }
  static constexpr kirsch_provided provided() {
    using Instance = detail::SimpleSessionInstance<Backend>;
    kirsch_provided entry = detail::Instance<Instance>::provided();
    entry.create = Instance::create;
    entry.service = &SessionStorageOf<Instance>::table;
    return entry;
  }
};

// An item of KIRSCH_MODULE: `Backend` is a class as above, and YAML calls the storage `name`.
template <class Backend>
consteval auto simple_session_storage(std::string_view name) {
  return SimpleSessionStorageDefinition<Backend>{name};
}

}  // namespace kirsch
