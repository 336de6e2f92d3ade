// A visit: the session of one exchange, from its cookie to its storage and back.
#pragma once

#include <kirsch/session.h>

#include "session_data.h"
#include "shared.h"

namespace sessions {

class Visit : public kirsch::AttachedSession {
 public:
  // In memory of the exchange, which ends it.
  static Visit& made_for(kirsch::Exchange& exchange, const Shared& shared);
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;
  ~Visit();  // gives back what it still has

  // Of this exchange; null: none has begun.
  static Visit* of(const kirsch::Exchange& exchange);

  // [loop] Finds the session that the client asks for. Throws HttpError.
  kirsch::Flow begin(kirsch::Exchange& exchange);
  // [loop] Stores what has changed, and tells the client. Throws HttpError.
  kirsch::Flow finish(kirsch::Exchange& exchange);

 private:
  explicit Visit(const Shared& shared);

  using Change = kirsch::SessionChange;
  using Status = kirsch::SessionStatus;

  // What a storage keeps: a head, then the map. Or, for a while, where a session went whose id has changed.
  enum class Form : char { session = 'S', moved = 'M' };

  StorageCall& call();
  kirsch::Flow find(kirsch::Exchange& exchange);
  kirsch::Flow found(kirsch::Exchange& exchange);
  Status open(StorageCall::Answer& answer);
  kirsch::Flow without_storage(kirsch::Exchange& exchange, Status status);
  void give_back();

  kirsch::Flow drop(kirsch::Exchange& exchange);
  kirsch::Flow create(kirsch::Exchange& exchange);
  kirsch::Flow move(kirsch::Exchange& exchange);
  kirsch::Flow forget_old(kirsch::Exchange& exchange);
  kirsch::Flow save(kirsch::Exchange& exchange);
  kirsch::Flow keep(kirsch::Exchange& exchange);
  kirsch::Flow close(kirsch::Exchange& exchange, std::string_view id);
  void give(kirsch::Exchange& exchange, std::string_view id) const;
  bool rotates() const;

  template <class Then>
  kirsch::Flow store(kirsch::Exchange& exchange, const kirsch::SessionKey& key, const std::string& record,
                     std::uint64_t lock, std::uint64_t age, Milliseconds left, Then then);
  const std::string& record();
  Milliseconds lifetime(std::uint64_t age) const;
  void new_id(kirsch::Exchange& exchange);

  Change allowed() const;
  Change locked();
  void name_for_logs();
  Change put(kirsch::SessionKind kind, std::string_view name, std::string_view value);
  static const kirsch::SessionTable functions;
  static Visit& at(void* self) { return *static_cast<Visit*>(self); }

  const Shared& shared_;
  StorageCall* call_ = nullptr;  // once there is something to ask
  SessionData data_;
  kirsch::SessionKey key_{};
  kirsch::SessionKey new_key_{};
  std::string new_id_;
  char log_name_[16]{};
  std::uint32_t lane_ = 0;
  std::uint64_t lock_ = 0;
  std::uint64_t age_ = 0;      // milliseconds, of the session
  std::uint64_t id_from_ = 0;  // its age when it got this id
  std::uint64_t left_ = 0;
  bool exists_ = false;    // there is a record under key_
  bool followed_ = false;  // from the client's id to a newer one
  bool asked_ = false;     // for the lock, by a handler
  bool degraded_ = false;
  bool closed_ = false;
  bool looked_at_ = false;
  bool changed_ = false;
  bool regenerate_ = false;
  bool begin_anew_ = false;
  bool expire_ = false;
};

}  // namespace sessions
