// A mailbox under one mutex; callbacks are called outside of it, the force callback under a mutex of its own.
#include "engine/requests.h"

#include <algorithm>
#include <utility>

namespace kirsch::engine {

std::vector<Failure> refused_by_the_end() {
  base::Diagnostic diagnostic;
  diagnostic.code = "E002";
  diagnostic.message = "the server is stopping";
  diagnostic.exit_code = base::ExitCode::not_running;
  return {Failure{"bus", {std::move(diagnostic)}}};
}

void Requests::post(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (refusing_) return;
  waiting_.push_back(Request{{}, {}, {}, std::move(work)});
  changed_.notify_all();
}

void Requests::ask_exit(std::string_view reason) {
  const std::lock_guard lock(mutex_);
  if (exit_) return;
  exit_ = true;
  exit_reason_ = reason;
  changed_.notify_all();
}

void Requests::ask(std::string_view channel, std::string_view reason, RequestResult result) {
  {
    const std::lock_guard lock(mutex_);
    if (!exit_ && !refusing_) {
      auto at = std::ranges::find(waiting_, channel, &Request::channel);
      if (at == waiting_.end()) at = waiting_.insert(at, Request{std::string(channel), std::string(reason), {}});
      if (result) at->results.push_back(std::move(result));
      changed_.notify_all();
      return;
    }
  }
  if (result) result(refused_by_the_end());
}

void Requests::force(std::string_view reason) {
  ask_exit(reason);
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(forced_, true)) return;
  }
  const std::lock_guard lock(force_mutex_);
  if (const auto callback = std::exchange(force_callback_, {})) callback();
}

bool Requests::exit_asked() const {
  const std::lock_guard lock(mutex_);
  return exit_;
}

bool Requests::forced() const {
  const std::lock_guard lock(mutex_);
  return forced_;
}

std::string Requests::exit_reason() const {
  const std::lock_guard lock(mutex_);
  return exit_reason_;
}

void Requests::set_force_callback(std::function<void()> callback) {
  const std::lock_guard lock(force_mutex_);
  force_callback_ = std::move(callback);
  // force() may stand just before force_mutex_: who empties the callback first calls it.
  if (!forced()) return;
  if (const auto due = std::exchange(force_callback_, {})) due();
}

std::optional<Requests::Request> Requests::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return exit_ || !waiting_.empty(); });
  if (exit_) return std::nullopt;
  std::optional<Request> oldest(std::move(waiting_.front()));
  waiting_.pop_front();
  return oldest;
}

void Requests::refuse() noexcept {
  std::deque<Request> pending;
  {
    const std::lock_guard lock(mutex_);
    refusing_ = true;
    pending.swap(waiting_);
  }
  for (const Request& request : pending) {
    for (const RequestResult& result : request.results) result(refused_by_the_end());
  }
}

}  // namespace kirsch::engine
