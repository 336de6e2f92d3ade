// The session of a client, as handlers and tools see it where the tool `sessions` is on:
//
//   auto session = kirsch::session(exchange);
//   session.set("visits", session.get<std::int64_t>("visits").value_or(0) + 1);
//
// It is there from before_handler on (`locking: early`: from before_request_body), behind the tool's priority of 20,
// and may be changed until before_finalize, priority 90, where the tool stores what has changed, once and whole. An
// answer of 500 or above, and so any exception that is no HttpError, stores nothing. Afterwards it can only be read:
// upgraded connections and bodies that are made while they leave have no session to change.
//
// Nothing is stored, and the client gets no cookie, before something was set. The id is the client's secret: no module
// ever sees it.
#pragma once

#include <kirsch/exchange.h>
#include <kirsch/host.h>
#include <kirsch/session_value.h>

namespace kirsch {

// ---- The contract: what the tool attaches to an exchange under this id. All functions [step], as those on exchanges.

enum class SessionChange : std::uint32_t {
  done = 0,
  absent = 1,       // there was nothing of that name
  unlocked = 2,     // `locking: explicit`: the session exists, and this exchange does not have its lock
  closed = 3,       // the answer is being sent, or another exchange has taken over the lock
  too_large = 4,    // more bytes than the option `max_size`
  malformed = 5,    // the bytes are no value of that kind
  busy = 6,         // lock: others had it for all of `lock_timeout`
  unavailable = 7,  // the storage cannot be reached
};

struct SessionFacts {
  std::uint32_t size;
  std::uint8_t exists;    // 1: the client has brought the id of a session that is there
  std::uint8_t writable;  // 1: `set` and its like may work now
  std::uint8_t degraded;  // 1: the storage is down and `on_error: degrade`: empty, and what is set is lost
  kirsch_text log_name;   // names the session in logs: 16 digits of the key that storages know. Empty: no record yet
};

struct SessionTable {
  static constexpr std::string_view id = "kirsch/session/1";
  std::uint32_t size;
  void (*facts)(void* self, SessionFacts*);
  // The whole session, as a map; a view until the next change.
  kirsch_text (*data)(void* self);
  std::uint32_t (*set)(void* self, kirsch_text name, std::uint32_t kind, kirsch_text value);  // SessionChange
  std::uint32_t (*erase)(void* self, kirsch_text name);
  std::uint32_t (*clear)(void* self);
  std::uint32_t (*token)(void* self, kirsch_text name, kirsch_text* token);
  std::uint32_t (*regenerate)(void* self, std::uint32_t begin_anew);  // 1: its absolute lifetime begins again
  std::uint32_t (*expire)(void* self);
  // Asks for the lock on behalf of an exchange that is suspending, and resumes it in any case, perhaps before this
  // returns; then `locked` says what came of it.
  void (*lock)(void* self, kirsch_handle exchange);
  std::uint32_t (*locked)(void* self);
};

// What stands in the exchange: { the table, its first argument }.
struct AttachedSession {
  const SessionTable* table;
  void* self;
};

// ---- For handlers and tools

// A handle, valid as long as the exchange. What changes it throws std::logic_error where it may not be changed now
// (`locking: explicit` without the lock, the answer is being sent), std::length_error beyond the option `max_size`.
class Session {
 public:
  // Who is logged in: see `login`.
  static constexpr std::string_view user_name = "kirsch.user";

  explicit Session(const AttachedSession& attached) : table_(attached.table), self_(attached.self) {}

  // Views are valid until the session changes. Types as those of SessionValue::as; nullopt also for another kind.
  SessionValue all() const { return {SessionKind::map, view(table_->data(self_))}; }
  std::optional<SessionValue> find(std::string_view name) const { return all().find(name); }
  template <class Type>
  std::optional<Type> get(std::string_view name) const {
    const auto value = find(name);
    return value ? value->as<Type>() : std::nullopt;
  }

  template <class Type>
  void set(std::string_view name, const Type& value) {
    std::string entry;  // without its name, so that a number needs no memory
    detail::append_value(entry, {}, value);
    const auto made = *SessionValue::Iterator(entry);
    check(table_->set(self_, text(name), static_cast<std::uint32_t>(made.value.kind()), text(made.value.raw())));
  }
  // False: there was nothing of that name.
  bool erase(std::string_view name) { return check(table_->erase(self_, text(name))); }
  void clear() { check(table_->clear(self_)); }

  // 256 random bits in 43 letters, digits, - and _, kept in the session under that name from the first call on: to be
  // sent to the client and to be told from a guess when it comes back. Gone after `regenerate`, `login`, and `expire`.
  std::string_view token(std::string_view name) {
    kirsch_text made{};
    check(table_->token(self_, text(name), &made));
    return view(made);
  }

  // Another id for the same data; the old one is worth nothing from the answer on. To be called wherever rights change.
  void regenerate() { check(table_->regenerate(self_, 0)); }
  // The client has proved to be this user: another id, a new lifetime, and no data of whoever was logged in before.
  void login(std::string_view user) {
    const auto before = this->user();
    if (before && *before != user) clear();
    check(table_->regenerate(self_, 1));
    set(user_name, user);
  }
  std::optional<std::string_view> user() const { return get<std::string_view>(user_name); }
  // The session ends here and in the storage, and the client forgets its cookie. What is set afterwards begins another.
  void expire() { check(table_->expire(self_)); }

  // For `locking: explicit`, where others may change the session meanwhile: waits for its lock, reads it anew, and goes
  // on with `then`, an Exchange& taker returning void or Flow. In steps of class async, as their last deed: `return
  // session.lock(exchange, [](kirsch::Exchange& exchange) { … })`. Throws HttpError 503 where others have it for longer
  // than `lock_timeout`, or the storage is down. With other values of `locking` it goes on at once.
  template <class Then>
  Flow lock(Exchange& exchange, Then then);

  bool exists() const { return facts().exists != 0; }      // the client has brought the id of a session that is there
  bool writable() const { return facts().writable != 0; }  // it may be changed now
  bool degraded() const { return facts().degraded != 0; }  // the storage is down: empty, and what is set is lost
  // Names the session in logs, and is of no use to whoever reads it there. Empty before it is stored.
  std::string_view log_name() const { return view(facts().log_name); }

 private:
  SessionFacts facts() const {
    SessionFacts facts{};
    facts.size = sizeof facts;
    table_->facts(self_, &facts);
    return facts;
  }
  // False: there was nothing of that name.
  static bool check(std::uint32_t change) {
    switch (static_cast<SessionChange>(change)) {
      case SessionChange::done:
        return true;
      case SessionChange::absent:
        return false;
      case SessionChange::unlocked:
        throw std::logic_error("with 'locking: explicit' a session is changed under its lock: Session::lock");
      case SessionChange::closed:
        throw std::logic_error("the session was changed after the tool had stored it");
      case SessionChange::too_large:
        throw std::length_error("the session would be larger than its max_size");
      case SessionChange::busy:
        throw HttpError(503, "The session is in use.");
      case SessionChange::unavailable:
        throw HttpError(503, "Sessions are not available now.");
      default:
        throw std::invalid_argument("this is no value of a session");
    }
  }
  template <class Then>
  static Flow went_on(Exchange& exchange, Then& then) {
    if constexpr (std::is_void_v<decltype(then(exchange))>) {
      then(exchange);
      return Flow::next;
    } else {
      return then(exchange);
    }
  }

  const SessionTable* table_;
  void* self_;
};

template <class Then>
Flow Session::lock(Exchange& exchange, Then then) {
  if (writable()) return went_on(exchange, then);
  struct Waiting {
    Session session;
    Then then;
  };
  auto* const waiting = new Waiting{*this, std::move(then)};  // the host's from here on
  const auto handle = exchange.raw()->functions->suspend(
      exchange.raw(),
      [](void* self, kirsch_exchange* raw) -> std::uint32_t {
        return detail::guarded(raw, [self](Exchange& resumed) {
          auto& held = *static_cast<Waiting*>(self);
          check(held.session.table_->locked(held.session.self_));
          return went_on(resumed, held.then);
        });
      },
      [](void* self) { delete static_cast<Waiting*>(self); }, waiting);
  if (handle.slot == 0 && handle.generation == 0)
    throw std::logic_error("only steps of class async can wait for the lock of a session");
  table_->lock(self_, handle);
  return Flow::suspend;
}

// Nullopt: the tool `sessions` is not on for this path, or has not run yet.
inline std::optional<Session> find_session(const Exchange& exchange) {
  const auto* attached = exchange.attachment<AttachedSession>(SessionTable::id);
  return attached == nullptr ? std::nullopt : std::optional(Session(*attached));
}

// The session of this exchange. Throws std::logic_error, which is a 500, where there is none.
inline Session session(const Exchange& exchange) {
  auto found = find_session(exchange);
  if (!found) throw std::logic_error("this path has no session (yet): turn the tool 'sessions' on");
  return *found;
}

// For where a client wishes to be sent, say in the query of a login page: that, if it is a path of this very site, else
// "/". Browsers read "//host", "/\host" and "/<tab>/host" as another one's.
inline std::string_view local_target(std::string_view wished) {
  const auto misread = [](char byte) {
    return static_cast<unsigned char>(byte) <= ' ' || byte == '\\' || byte == 0x7F;
  };
  for (const char byte : wished) {
    if (misread(byte)) return "/";
  }
  return wished.starts_with('/') && !wished.starts_with("//") ? wished : "/";
}

}  // namespace kirsch
