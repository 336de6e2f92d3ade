// Who comes first, the answer or the suspension, and who clears up.
#include "storage_call.h"

namespace sessions {

kirsch::SessionDone StorageCall::start(std::uint32_t lane, State state) {
  lane_ = lane;
  locks_ = false;
  ticket_ = 0;
  answer_ = {};
  state_.store(state, std::memory_order_relaxed);
  references_.fetch_add(1, std::memory_order_relaxed);
  return {answered, this, pending_.begin(lane)};
}

std::uint64_t StorageCall::lock(kirsch::SessionDone done, const kirsch::SessionKey& key,
                                std::chrono::milliseconds lease) {
  key_ = key;
  locks_ = true;
  return storage_.table->lock(storage_.self, &key_, static_cast<std::uint64_t>(lease.count()), done);
}

void StorageCall::lock_for(kirsch_handle exchange, std::uint32_t lane, const kirsch::SessionKey& key,
                           std::chrono::milliseconds lease, std::chrono::milliseconds patience) {
  resume_ = kirsch::Resume(exchange);
  suspended(lock(start(lane, State::suspended), key, lease), patience);
}

// A number that has had its answer already is cancelled in vain, which is allowed.
void StorageCall::suspended(std::uint64_t ticket, std::chrono::milliseconds patience) {
  suspended_ = std::chrono::steady_clock::now();
  ticket_ = ticket;
  if (ticket == 0) return;
  timed_ = true;
  timer_ = kirsch::after(lane_, patience, [self = Reference(this), ticket] { self->cancel(ticket); });
}

void StorageCall::resumed() {
  if (std::exchange(timed_, false)) kirsch::cancel(timer_);
  if (suspended_) {
    pending_.waited(lane_, locks_, std::chrono::steady_clock::now() - *suspended_);
    suspended_.reset();
  }
  ticket_ = 0;
  locks_ = false;  // the lock is the owner's business now
  state_.store(State::idle, std::memory_order_relaxed);
}

void StorageCall::answered(void* context, const kirsch::SessionResult* result) {
  auto* const call = static_cast<StorageCall*>(context);
  Answer& answer = call->answer_;
  answer.status = static_cast<kirsch::SessionStatus>(result->status);
  answer.lock = result->lock;
  answer.age = result->age;
  answer.left = result->left;
  answer.data.assign(result->data.data, result->data.size);
  const auto before = call->state_.exchange(State::answered, std::memory_order_acq_rel);
  if (before == State::suspended) {
    call->resume_();
  } else if (before == State::abandoned) {
    call->give_back();
  }
  call->drop();
}

void StorageCall::give_back() {
  if (locks_ && answer_.status == kirsch::SessionStatus::done)
    storage_.table->unlock(storage_.self, &key_, answer_.lock, {});
}

void StorageCall::release() {
  if (std::exchange(timed_, false)) kirsch::cancel(timer_);
  auto expected = State::suspended;
  if (state_.compare_exchange_strong(expected, State::abandoned, std::memory_order_acq_rel)) {
    if (ticket_ != 0) cancel(ticket_);
  } else if (expected == State::answered) {
    give_back();
  }
  drop();
}

void StorageCall::drop() {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

}  // namespace sessions
