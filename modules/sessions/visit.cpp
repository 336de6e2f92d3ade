// What a session may be, and in which order it is found and stored.
#include "visit.h"

#include <kirsch/log.h>

#include <algorithm>

namespace sessions {

using kirsch::Exchange;
using kirsch::Flow;
using kirsch::SessionKey;
using kirsch::SessionWrite;

namespace {

// For those requests that were on their way with the old id when a session got a new one by itself.
constexpr Milliseconds forwarding{10'000};

std::uint64_t count(Milliseconds time) { return static_cast<std::uint64_t>(time.count()); }

[[noreturn]] void refuse(Exchange& exchange, const char* sentence) {
  exchange.response().headers().set("Retry-After", "1");
  throw kirsch::HttpError(503, sentence);
}

// May a cache that many use keep the answer (RFC 9111 3)? It would keep a cookie with it (7.3).
bool is_for_caches(Exchange& exchange) {
  const auto said = exchange.response().headers().find("Cache-Control");
  if (!said) return false;
  for (std::string_view rest = *said; !rest.empty();) {
    const auto end = std::min(rest.find(','), rest.size());
    auto word = rest.substr(0, end);
    word.remove_prefix(std::min(word.find_first_not_of(" \t"), word.size()));
    word = word.substr(0, word.find_last_not_of(" \t") + 1);
    if (kirsch::same_field(word, "no-store") || kirsch::same_field(word, "private")) return false;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return true;
}

const char* words(kirsch::SessionStatus status) {
  switch (status) {
    case kirsch::SessionStatus::unavailable:
      return "it is not available";
    case kirsch::SessionStatus::corrupt:
      return "the record cannot be read";
    case kirsch::SessionStatus::too_large:
      return "the record is too large for it";
    case kirsch::SessionStatus::lost:
      return "the lock was lost: the exchange took longer than lock_lease";
    case kirsch::SessionStatus::full:
      return "it is full";
    default:
      return "it answered what it should not";
  }
}

}  // namespace

Visit::Visit(const Shared& shared) : AttachedSession{&functions, this}, shared_(shared) {}

Visit::~Visit() {
  if (call_ != nullptr) call_->release();
  give_back();
}

Visit* Visit::of(const Exchange& exchange) {
  auto* const attached = exchange.attachment<AttachedSession>(kirsch::SessionTable::id);
  return attached == nullptr ? nullptr : static_cast<Visit*>(attached);
}

Visit& Visit::made_for(Exchange& exchange, const Shared& shared) {
  const auto& raw = *exchange.raw()->functions;
  static_assert(alignof(Visit) <= 16);  // what the host aligns to
  auto* const visit = new (raw.allocate(exchange.raw(), sizeof(Visit))) Visit(shared);
  raw.attach(exchange.raw(), kirsch::text(kirsch::SessionTable::id), static_cast<AttachedSession*>(visit),
             [](void* attached) { static_cast<Visit*>(static_cast<AttachedSession*>(attached))->~Visit(); });
  return *visit;
}

StorageCall& Visit::call() {
  if (call_ == nullptr) call_ = new StorageCall(shared_.settings.storage, shared_.pending);
  return *call_;
}

// ---- Before the handler

Flow Visit::begin(Exchange& exchange) {
  lane_ = exchange.lane();
  const auto request = exchange.request();
  const auto id = shared_.cookie.id(request);
  if (id.empty()) {
    if (shared_.cookie.forged(request)) shared_.counts[lane_].malformed.add();
    return Flow::next;
  }
  key_ = shared_.hashes[lane_].key(shared_.cookie.base_name(), id);
  return find(exchange);
}

Flow Visit::find(Exchange& exchange) {
  const auto then = [this](Exchange& back) { return found(back); };
  const auto& settings = shared_.settings;
  if (settings.locking != Locking::explicit_)
    return call().run_lock(exchange, key_, settings.lock_lease, settings.lock_timeout, then);
  return call().run(
      exchange, [&](auto done) { settings.storage.table->load(settings.storage.self, &key_, done); }, then);
}

Flow Visit::found(Exchange& exchange) {
  auto& answer = call_->answer();
  const auto status = answer.status == Status::done ? open(answer) : answer.status;
  if (status == Status::conflict) {  // the session has moved
    followed_ = true;
    return find(exchange);
  }
  if (status == Status::absent) shared_.counts[lane_].unknown.add();
  if (status == Status::cancelled) {
    shared_.counts[lane_].busy.add();
    refuse(exchange, "The session is in use.");
  }
  if (status == Status::done || status == Status::absent) return Flow::next;
  return without_storage(exchange, status);
}

// done: the session is here. absent: it has ended. conflict: key_ says where it is now.
Visit::Status Visit::open(StorageCall::Answer& answer) {
  const std::string_view data = answer.data;
  const auto& settings = shared_.settings;
  lock_ = answer.lock;
  age_ = answer.age;
  left_ = answer.left;
  if (data.size() == 1 + sizeof key_ && data[0] == static_cast<char>(Form::moved)) {
    give_back();
    std::memcpy(&key_, data.data() + 1, sizeof key_);
    return followed_ ? Status::absent : Status::conflict;
  }
  const auto id_from = kirsch::detail::little<std::uint64_t>(data.substr(std::min<std::size_t>(data.size(), 1)));
  if (data.empty() || data[0] != static_cast<char>(Form::session) || !data_.take(answer.data)) {
    give_back();
    return Status::corrupt;
  }
  id_from_ = id_from;
  if (settings.absolute_timeout && age_ >= count(*settings.absolute_timeout)) {
    shared_.counts[lane_].expired.add();
    data_.clear();
    settings.storage.table->remove(settings.storage.self, &key_, std::exchange(lock_, 0), {});
    return Status::absent;
  }
  exists_ = true;
  return Status::done;
}

Flow Visit::without_storage(Exchange& exchange, Status status) {
  give_back();
  shared_.counts[lane_].failed.add();
  if (shared_.complaints.let_through())
    kirsch::log(kirsch::Level::error, "the storage of sessions failed: ", words(status));
  if (status == Status::corrupt) return Flow::next;  // it was put aside
  if (shared_.settings.on_error == OnError::fail || status == Status::lost)
    refuse(exchange, "Sessions are not available now.");
  degraded_ = true;
  return Flow::next;
}

void Visit::give_back() {
  const auto& storage = shared_.settings.storage;
  if (lock_ != 0) storage.table->unlock(storage.self, &key_, std::exchange(lock_, 0), {});
}

// ---- Behind the handler

Flow Visit::finish(Exchange& exchange) {
  closed_ = true;
  if (exchange.response().status() >= 500 || degraded_) {
    give_back();
    // Whoever believes to be logged out must be.
    if (degraded_ && expire_ && exchange.response().status() < 500)
      refuse(exchange, "The session cannot be ended now.");
    return Flow::next;
  }
  if (expire_) return drop(exchange);
  if (!exists_) return data_.empty() ? close(exchange, {}) : create(exchange);
  if (regenerate_ || rotates()) return move(exchange);
  return changed_ ? save(exchange) : keep(exchange);
}

bool Visit::rotates() const {
  const auto& rotation = shared_.settings.rotation;
  return rotation && lock_ != 0 && age_ - std::min(id_from_, age_) >= count(*rotation);
}

// Whoever has its lock: an end is an end.
Flow Visit::drop(Exchange& exchange) {
  const auto go_on = [this](Exchange& back) {
    if (data_.empty()) shared_.cookie.take_back(back);
    return data_.empty() ? close(back, {}) : create(back);
  };
  if (!std::exchange(exists_, false)) return go_on(exchange);
  const auto& storage = shared_.settings.storage;
  return call().run(
      exchange, [&](auto done) { storage.table->remove(storage.self, &key_, 0, done); },
      [this, go_on](Exchange& back) {
        const auto status = call_->answer().status;
        if (status != Status::done && status != Status::absent && status != Status::corrupt) {
          without_storage(back, status);
          refuse(back, "The session cannot be ended now.");
        }
        lock_ = 0;
        return go_on(back);
      });
}

Flow Visit::create(Exchange& exchange) {
  age_ = id_from_ = 0;
  new_id(exchange);
  return store(exchange, new_key_, record(), 0, 0, lifetime(0), [this](Exchange& back, Status status) {
    if (status != Status::done) return without_storage(back, status);
    shared_.counts[lane_].created.add();
    return close(back, new_id_);
  });
}

// The new record first: where the server dies in between, the client still has what it had.
Flow Visit::move(Exchange& exchange) {
  if (regenerate_ && begin_anew_) age_ = 0;
  id_from_ = age_;
  new_id(exchange);
  return store(exchange, new_key_, record(), 0, age_, lifetime(age_), [this](Exchange& back, Status status) {
    return status == Status::done ? forget_old(back) : without_storage(back, status);
  });
}

Flow Visit::forget_old(Exchange& exchange) {
  const auto moved = [this](Exchange& back, Status status) {
    const auto& storage = shared_.settings.storage;
    const bool ended = status == Status::absent;
    if (status == Status::done || (ended && regenerate_ && begin_anew_)) {  // a login needs no session before it
      shared_.counts[lane_].regenerated.add();
      return close(back, new_id_);
    }
    // The old id may still be good, or somebody has ended the session meanwhile: the new one must not be.
    storage.table->remove(storage.self, &new_key_, 0, {});
    return ended ? close(back, {}) : without_storage(back, status);
  };
  const auto lock = std::exchange(lock_, 0);
  if (!regenerate_) {
    std::string forward(1, static_cast<char>(Form::moved));
    forward.append(reinterpret_cast<const char*>(new_key_.bytes), sizeof new_key_.bytes);
    return store(exchange, key_, forward, lock, 0, forwarding, moved);
  }
  const auto& storage = shared_.settings.storage;
  return call().run(
      exchange, [&](auto done) { storage.table->remove(storage.self, &key_, lock, done); },
      [this, moved, lock](Exchange& back) {
        const auto status = call_->answer().status;
        if (status == Status::unavailable) lock_ = lock;  // so it may be had still
        return moved(back, status);
      });
}

Flow Visit::save(Exchange& exchange) {
  return store(exchange, key_, record(), std::exchange(lock_, 0), 0, lifetime(age_),
               [this](Exchange& back, Status status) {
                 if (status == Status::absent) return close(back, {});  // it has ended meanwhile, and stays so
                 if (status != Status::done) return without_storage(back, status);
                 const auto& cookie = shared_.cookie;
                 return close(back, shared_.settings.persistent && !followed_ ? cookie.id(back.request()) : "");
               });
}

// Nobody waits for what changes nothing. A record is touched when a twentieth of its time is over, not for each
// request.
Flow Visit::keep(Exchange& exchange) {
  const auto& settings = shared_.settings;
  const auto left = count(lifetime(age_));
  // A cookie that lives as long as its session is not renewed by an answer that caches may keep for all.
  const bool kept = settings.persistent && is_for_caches(exchange);
  if (kept || left_ + count(settings.timeout) / 20 >= left) {
    give_back();
    return close(exchange, {});
  }
  const auto lock = std::exchange(lock_, 0);
  settings.storage.table->touch(settings.storage.self, &key_, lock, lock != 0 ? 1 : 0, left, {});
  return close(exchange, settings.persistent && !followed_ ? shared_.cookie.id(exchange.request()) : "");
}

Flow Visit::close(Exchange& exchange, std::string_view id) {
  if (!id.empty()) give(exchange, id);
  if (!id.empty() && is_for_caches(exchange)) {
    exchange.response().headers().set(shared_.no_store);
  } else if (!id.empty() || looked_at_) {
    exchange.response().headers().set_default(shared_.no_store);
  }
  return Flow::next;
}

void Visit::give(Exchange& exchange, std::string_view id) const {
  shared_.cookie.give(exchange, id);
  const auto request = exchange.request();
  if (shared_.cookie.secure(request) && !request.secure() && !shared_.warned.exchange(true))
    kirsch::log(kirsch::Level::warning,
                "a Secure cookie went out without TLS: unless a proxy in front speaks it, browsers "
                "drop the cookie ('secure: auto' is for development)");
}

template <class Then>
Flow Visit::store(Exchange& exchange, const SessionKey& key, const std::string& record, std::uint64_t lock,
                  std::uint64_t age, Milliseconds left, Then then) {
  const auto& storage = shared_.settings.storage;
  return call().run(
      exchange,
      [&](auto done) {
        const SessionWrite write{sizeof write, lock != 0 ? 1U : 0U, kirsch::text(record), lock, 0, age, count(left)};
        storage.table->store(storage.self, &key, &write, done);
      },
      [this, then](Exchange& back) { return then(back, call_->answer().status); });
}

const std::string& Visit::record() {
  char head[SessionData::head] = {static_cast<char>(Form::session)};
  std::memcpy(head + 1, &id_from_, sizeof id_from_);
  return data_.record(head);
}

Milliseconds Visit::lifetime(std::uint64_t age) const {
  const auto& absolute = shared_.settings.absolute_timeout;
  if (!absolute) return shared_.settings.timeout;
  return std::min(shared_.settings.timeout, std::max(*absolute - Milliseconds(age), Milliseconds(1)));
}

void Visit::new_id(Exchange& exchange) {
  new_id_ = random_token();
  new_key_ = shared_.hashes[exchange.lane()].key(shared_.cookie.base_name(), new_id_);
}

}  // namespace sessions
