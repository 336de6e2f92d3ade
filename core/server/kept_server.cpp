// The words of both directions are in server/keeper_link.cpp too, which is the other end.
#include "server/kept_server.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace kirsch::server {
namespace {

using namespace std::chrono_literals;

constexpr int most_messages = 16;

// "CODE\nTEXT"
KeptServer::Failure failure_of(std::string_view body) {
  const auto end = body.find('\n');
  return {static_cast<base::ExitCode>(std::atoi(std::string(body.substr(0, end)).c_str())),
          end == std::string_view::npos ? std::string() : std::string(body.substr(end + 1))};
}

Loops::Load load_of(const std::string& body) {
  Loops::Load load;
  long long drain_left = 0;
  std::sscanf(body.c_str(), "%zu %zu %lld", &load.requests, &load.connections, &drain_left);
  load.drain_left = std::chrono::milliseconds(drain_left);
  return load;
}

}  // namespace

KeptServer::KeptServer(const Program& program, const Handover& handover, const std::vector<BoundListener>& listeners,
                       const TlsSecrets& secrets, const News& news)
    : child_(spawn_server(program)), news_(news) {
  handover.send(child_.channel);
  bequeath(child_.channel, Inheritance::From::keeper, listeners, -1, secrets);
}

void KeptServer::watch(std::vector<pollfd>& entries) const {
  if (state_ == State::ended) return;
  entries.push_back({child_.process.get(), POLLIN, 0});
  if (!child_.channel.ended()) entries.push_back({child_.channel.descriptor(), POLLIN, 0});
}

void KeptServer::look() {
  if (state_ == State::ended) return;
  // First, so that what it said at last is heard.
  const bool ended = ends_within(child_, 0ms);
  // So many at a time: others want to be heard too. At its end, all.
  for (int count = 0; ended || count < most_messages; ++count) {
    const auto message = child_.channel.receive(0ms);
    if (!message) break;
    hear(*message);
  }
  if (!ended) return;
  end_ = await_end(child_);
  state_ = State::ended;
}

void KeptServer::hear(const net::Message& message) {
  if (message.type == "ready") {
    if (state_ == State::starting) {
      state_ = State::serving;
      deadline_.reset();
    }
    served_ = message.body;
  } else if (message.type == "failed") {
    failure_ = failure_of(message.body);
  } else if (message.type == "load") {
    load_ = load_of(message.body);
  } else if (message.type == "details") {
    details_ = message.body;
  } else if (message.type == "retired") {
    accepting_ = false;
  } else if (message.type == "ending") {
    news_.ending();
  } else if (message.type == "reopened_logs") {
    news_.reopened_logs();
  } else if (message.type == "restart") {
    news_.restart(message.body);
  } else if (message.type == "reload") {
    news_.reload(message.body);
  } else if (message.type == "result") {
    const auto end = message.body.find('\n');
    if (end == std::string::npos) return;
    const auto failure = failure_of(std::string_view(message.body).substr(end + 1));
    news_.result(child_.pid, std::strtoull(message.body.c_str(), nullptr, 10), failure.code, failure.text);
  } else if (message.type == "open_log") {
    hand(news_.open_log(message.body), message.body);
  } else if (message.type == "open_file") {
    hand(news_.open_file(message.body), message.body);
  }
}

void KeptServer::hand(const base::UniqueFd& file, const std::string& path) {
  child_.channel.send("opened", path, file ? std::vector<int>{file.get()} : std::vector<int>{});
}

void KeptServer::prepare(std::uint64_t number, const Handover& handover, const std::vector<BoundListener>& listeners,
                         const TlsSecrets& secrets) {
  handover.send(child_.channel);
  send_listeners(child_.channel, listeners);
  secrets.send(child_.channel);
  send("prepare", std::to_string(number));
}

void KeptServer::retire(std::string_view reason) {
  if (state_ == State::serving) state_ = State::retiring;
  send("retire", reason);
}

void KeptServer::ask_end(std::string_view order, std::string_view reason) {
  ending_ = true;
  send(order, reason);
}

void KeptServer::signal(int number) noexcept {
  if (state_ != State::ended) ::kill(child_.pid, number);
}

void KeptServer::kill() noexcept {
  if (state_ == State::ended) return;
  ::kill(child_.pid, SIGKILL);
  end_ = await_end(child_);
  state_ = State::ended;
}

std::string_view KeptServer::state_name() const {
  switch (state_) {
    case State::starting:
      return "starting";
    case State::serving:
      return ending_ ? "stopping" : "started";
    case State::retiring:
      return "stopping";
    case State::ended:
      return "ended";
  }
  return "unknown";
}

}  // namespace kirsch::server
