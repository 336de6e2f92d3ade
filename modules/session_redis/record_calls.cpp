// Locks are given on in this process when the server has heard that they are free.
#include "record_calls.h"

#include <algorithm>

#include "scripts.h"

namespace session_redis {
namespace {

using kirsch::SessionAnswer;
using kirsch::SessionKey;
using kirsch::SessionResult;
using kirsch::SessionStatus;

constexpr std::uint64_t largest = 1 << 20;          // bytes of a record, as the contract has it
constexpr std::uint64_t longest_left = 1ULL << 40;  // milliseconds that Redis counts

std::string left_of(std::uint64_t left) { return std::to_string(std::clamp<std::uint64_t>(left, 1, longest_left)); }

// std::function wants what can be copied.
std::shared_ptr<SessionAnswer> kept(SessionAnswer&& answer) {
  return std::make_shared<SessionAnswer>(std::move(answer));
}

}  // namespace

void RecordCalls::call(const std::string& script, const SessionKey& key, Command arguments, Then then) {
  Command command{"EVAL", script, "1", locks_->name(key)};
  command.insert(command.end(), std::make_move_iterator(arguments.begin()), std::make_move_iterator(arguments.end()));
  pool_->call(std::move(command), std::move(then));
}

SessionStatus RecordCalls::counted(const Reply* reply) {
  const auto status = status_of(reply);
  if (status == SessionStatus::unavailable) ++unavailable_;
  if (status == SessionStatus::corrupt) ++corrupt_;
  return status;
}

void RecordCalls::load(const SessionKey& key, SessionAnswer&& answer) {
  call(scripts::load, key, {}, [self = shared_from_this(), key, answer = kept(std::move(answer))](const Reply* reply) {
    const auto status = self->counted(reply);
    if (status == SessionStatus::corrupt) tell_corrupt(self->locks_->name(key));
    status == SessionStatus::done ? (*answer)(shown(*reply, 0)) : (*answer)(status);
  });
}

std::uint64_t RecordCalls::lock(const SessionKey& key, std::chrono::milliseconds lease, SessionAnswer&& answer) {
  return locks_->lock(key, lease, std::move(answer));
}

void RecordCalls::store(const SessionKey& key, const kirsch::SessionWrite& write, SessionAnswer&& answer) {
  if (write.data.size > largest) {
    answer(SessionStatus::too_large);
    if (write.unlock != 0 && write.lock != 0) unlock(key, write.lock, {});
    return;
  }
  const auto revision = fresh_number();
  const auto lock = write.unlock != 0 ? write.lock : 0;
  call(scripts::store, key,
       {std::string(kirsch::view(write.data)), std::to_string(write.lock), std::to_string(write.revision),
        std::to_string(revision), std::to_string(write.age), left_of(write.left), write.unlock != 0 ? "1" : "0"},
       [self = shared_from_this(), key, revision, lock, answer = kept(std::move(answer))](const Reply* reply) {
         const auto status = self->counted(reply);
         SessionResult result{};
         result.size = sizeof result;
         result.status = static_cast<std::uint32_t>(status);
         if (status == SessionStatus::done) {
           result.revision = revision;
           if (reply->back() == "1") ++self->created_;
         }
         (*answer)(result);
         if (status == SessionStatus::full && lock != 0) return self->unlock(key, lock, {});
         self->locks_->released(key, lock);
       });
}

void RecordCalls::touch(const SessionKey& key, std::uint64_t lock, bool unlock, std::chrono::milliseconds left,
                        SessionAnswer&& answer) {
  call(
      scripts::touch, key,
      {std::to_string(lock), left_of(static_cast<std::uint64_t>(left.count())), unlock ? "1" : "0"},
      [self = shared_from_this(), key, lock = unlock ? lock : 0, answer = kept(std::move(answer))](const Reply* reply) {
        (*answer)(self->counted(reply));
        self->locks_->released(key, lock);
      });
}

void RecordCalls::remove(const SessionKey& key, std::uint64_t lock, SessionAnswer&& answer) {
  call(scripts::remove, key, {std::to_string(lock)},
       [self = shared_from_this(), key, answer = kept(std::move(answer))](const Reply* reply) {
         const auto status = self->counted(reply);
         (*answer)(status);
         if (status == SessionStatus::done || status == SessionStatus::absent) self->locks_->gone(key);
       });
}

void RecordCalls::unlock(const SessionKey& key, std::uint64_t lock, SessionAnswer&& answer) {
  call(scripts::unlock, key, {std::to_string(lock)},
       [self = shared_from_this(), key, lock, answer = kept(std::move(answer))](const Reply* reply) {
         (*answer)(self->counted(reply));
         self->locks_->released(key, lock);
       });
}

kirsch::SessionCounters RecordCalls::counters() {
  const auto locks = locks_->counts();
  kirsch::SessionCounters counters{};
  counters.size = sizeof counters;
  counters.records = counters.bytes = counters.expired = counters.evicted = UINT64_MAX;  // the server knows
  counters.created = created_;
  counters.lock_waits = locks.waits;
  counters.lost_locks = locks.lost;
  counters.unavailable = unavailable_ + locks.unavailable;
  counters.corrupt = corrupt_ + locks.corrupt;
  return counters;
}

}  // namespace session_redis
