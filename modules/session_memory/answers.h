// What an operation has to say, gathered while a shard is held and said when it is free again.
#pragma once

#include <memory>
#include <string>

#include "record_table.h"

namespace session_memory {

// One answer with a copy of a record.
class Reply {
 public:
  void take(kirsch::SessionAnswer&& answer, Record& record, Milliseconds at, std::uint64_t lock) {
    answer_ = std::move(answer);
    result_ = {sizeof result_,
               static_cast<std::uint32_t>(kirsch::SessionStatus::done),
               copy(record.data()),
               record.revision,
               lock,
               at - record.created,
               record.expires > at ? record.expires - at : 1};
    given_ = true;
  }
  void give() {
    if (given_) answer_(result_);
  }

 private:
  kirsch_text copy(kirsch_text data) {
    if (data.size <= sizeof small_) {
      std::memcpy(small_, data.data, data.size);
      return {small_, data.size};
    }
    large_.assign(data.data, data.size);
    return {large_.data(), large_.size()};
  }

  bool given_ = false;
  kirsch::SessionAnswer answer_;
  kirsch::SessionResult result_;
  std::string large_;
  char small_[1024];  // most sessions
};

// At most one record is shown and at most one lock changes hands in an operation. Declare it before the shard is held.
class Answers {
 public:
  Answers() = default;
  Answers(const Answers&) = delete;
  Answers& operator=(const Answers&) = delete;
  ~Answers() {
    shown.give();
    granted.give();
    while (absent != nullptr) {
      const std::unique_ptr<Waiter> waiter(std::exchange(absent, absent->next));
      waiter->answer(kirsch::SessionStatus::absent);
    }
  }
  // The record goes, those that wait for it hear so.
  void disappoint(Record& record) {
    if (record.last_waiter == nullptr) return;
    record.last_waiter->next = absent;
    absent = record.first_waiter;
  }

  Reply shown;
  Reply granted;
  Waiter* absent = nullptr;
};

}  // namespace session_memory
