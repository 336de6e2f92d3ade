// What handlers and tools do with a session.
#include "visit.h"

namespace sessions {

using kirsch::SessionKind;

Visit::Change Visit::allowed() const {
  if (closed_) return Change::closed;
  return exists_ && lock_ == 0 && !expire_ ? Change::unlocked : Change::done;
}

Visit::Change Visit::put(SessionKind kind, std::string_view name, std::string_view value) {
  if (const auto change = allowed(); change != Change::done) return change;
  if (name.size() > UINT16_MAX || !SessionData::sound(kind, value)) return Change::malformed;
  if (data_.size_with(name, value) > shared_.settings.max_size.bytes) return Change::too_large;
  data_.set(kind, name, value);
  looked_at_ = changed_ = true;
  return Change::done;
}

const kirsch::SessionTable Visit::functions{
    .size = sizeof(kirsch::SessionTable),
    .facts =
        [](void* self, kirsch::SessionFacts* facts) {
          Visit& visit = at(self);
          facts->exists = visit.exists_ ? 1 : 0;
          facts->writable = visit.allowed() == Change::done ? 1 : 0;
          facts->degraded = visit.degraded_ ? 1 : 0;
          if (visit.exists_ && visit.log_name_[0] == 0) visit.name_for_logs();
          facts->log_name = {visit.log_name_, visit.exists_ ? sizeof visit.log_name_ : 0};
        },
    .data =
        [](void* self) {
          at(self).looked_at_ = true;
          return kirsch::text(at(self).data_.bytes());
        },
    .set =
        [](void* self, kirsch_text name, std::uint32_t kind, kirsch_text value) {
          const auto known = static_cast<SessionKind>(kind <= UINT8_MAX ? kind : 0);
          return static_cast<std::uint32_t>(at(self).put(known, kirsch::view(name), kirsch::view(value)));
        },
    .erase =
        [](void* self, kirsch_text name) {
          Visit& visit = at(self);
          auto change = visit.allowed();
          if (change == Change::done && !visit.data_.erase(kirsch::view(name))) change = Change::absent;
          if (change == Change::done) visit.looked_at_ = visit.changed_ = true;
          return static_cast<std::uint32_t>(change);
        },
    .clear =
        [](void* self) {
          Visit& visit = at(self);
          const auto change = visit.allowed();
          if (change == Change::done) {
            visit.changed_ = visit.changed_ || !visit.data_.empty();
            visit.data_.clear();
          }
          return static_cast<std::uint32_t>(change);
        },
    .token = [](void* self, kirsch_text name, kirsch_text* token) -> std::uint32_t {
      Visit& visit = at(self);
      visit.looked_at_ = true;
      const auto known = [&] { return visit.data_.find(kirsch::view(name)); };
      if (const auto value = known(); !value || value->kind() != SessionKind::token) {
        const auto change = visit.put(SessionKind::token, kirsch::view(name), random_token());
        if (change != Change::done) return static_cast<std::uint32_t>(change);
      }
      *token = kirsch::text(known()->raw());
      return static_cast<std::uint32_t>(Change::done);
    },
    .regenerate =
        [](void* self, std::uint32_t begin_anew) {
          Visit& visit = at(self);
          const auto change = visit.allowed();
          if (change == Change::done) {
            visit.data_.erase_tokens();
            visit.regenerate_ = true;
            visit.begin_anew_ = visit.begin_anew_ || begin_anew != 0;
          }
          return static_cast<std::uint32_t>(change);
        },
    .expire =
        [](void* self) {
          Visit& visit = at(self);
          if (visit.closed_) return static_cast<std::uint32_t>(Change::closed);
          visit.data_.clear();
          visit.looked_at_ = visit.expire_ = true;
          return static_cast<std::uint32_t>(Change::done);
        },
    .lock =
        [](void* self, kirsch_handle exchange) {
          Visit& visit = at(self);
          const auto& settings = visit.shared_.settings;
          if (visit.allowed() != Change::unlocked) return kirsch::Resume(exchange)();
          visit.asked_ = true;
          visit.call().lock_for(exchange, visit.lane_, visit.key_, settings.lock_lease, settings.lock_timeout);
        },
    .locked = [](void* self) { return static_cast<std::uint32_t>(at(self).locked()); },
};

void Visit::name_for_logs() {
  for (std::size_t digit = 0; digit < sizeof log_name_; ++digit)
    log_name_[digit] = "0123456789abcdef"[key_.bytes[digit / 2] >> (digit % 2 == 0 ? 4 : 0) & 15];
}

Visit::Change Visit::locked() {
  if (!std::exchange(asked_, false)) return allowed();
  call_->resumed();
  auto& answer = call_->answer();
  exists_ = false;  // until it is found again
  data_.clear();
  switch (answer.status == Status::done ? open(answer) : answer.status) {
    case Status::done:
    case Status::absent:
      return Change::done;
    case Status::cancelled:
      shared_.counts[lane_].busy.add();
      [[fallthrough]];
    case Status::conflict:
      return Change::busy;
    default:
      shared_.counts[lane_].failed.add();
      return Change::unavailable;
  }
}

}  // namespace sessions
