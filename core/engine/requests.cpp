// A mailbox under one mutex; callbacks are called outside of it, the force callback under a mutex of its own.
#include "engine/requests.h"

#include <utility>

namespace kirsch::engine {

namespace {

std::vector<Failure> no_reload() {
  base::Diagnostic diagnostic;
  diagnostic.code = "E002";
  diagnostic.message = "the server is stopping";
  diagnostic.exit_code = base::ExitCode::not_running;
  return {Failure{"bus", {std::move(diagnostic)}}};
}

}  // namespace

void Requests::ask_exit(std::string_view reason) {
  const std::lock_guard lock(mutex_);
  if (exit_) return;
  exit_ = true;
  exit_reason_ = reason;
  changed_.notify_all();
}

void Requests::ask_graceful(std::string_view reason, GracefulResult result) {
  {
    const std::lock_guard lock(mutex_);
    if (!exit_ && !refusing_) {
      if (!graceful_) graceful_.emplace(Graceful{std::string(reason), {}});
      if (result) graceful_->results.push_back(std::move(result));
      changed_.notify_all();
      return;
    }
  }
  if (result) result(no_reload());
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

std::optional<Requests::Graceful> Requests::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return exit_ || graceful_; });
  if (exit_) return std::nullopt;
  return std::exchange(graceful_, std::nullopt);
}

void Requests::refuse_graceful() noexcept {
  std::optional<Graceful> pending;
  {
    const std::lock_guard lock(mutex_);
    refusing_ = true;
    pending = std::exchange(graceful_, std::nullopt);
  }
  if (!pending) return;
  for (const GracefulResult& result : pending->results) result(no_reload());
}

}  // namespace kirsch::engine
