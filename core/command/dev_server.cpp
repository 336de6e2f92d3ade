// What the server says until it is ready is for this process, the rest for people.
#include "command/dev_server.h"

#include <poll.h>
#include <signal.h>

#include <charconv>
#include <iostream>
#include <utility>

#include "base/diagnostic.h"
#include "command/running.h"
#include "server/blueprint.h"
#include "server/program.h"

namespace kirsch::command {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr unsigned usual_port = 8080;
constexpr auto answer_time = 10s;
constexpr std::size_t longest_memory = 64 * 1024;
constexpr std::string_view serving = "serving ";

// That stands first in the configuration and is one URL; empty: there is none.
std::string first_path(const std::filesystem::path& configuration) {
  const config::Path* first = nullptr;
  const auto blueprint = server::read_blueprint(configuration);
  for (const auto& site : blueprint.configuration.sites) {
    for (const auto& path : site.paths) {
      const bool one = path.handler && path.origin.line != 0 && path.pattern.starts_with('/') &&
                       path.pattern.find('{') == std::string::npos;
      if (one && (first == nullptr || path.origin.line < first->origin.line)) first = &path;
    }
  }
  return first == nullptr ? "" : first->pattern;
}

}  // namespace

DevServer::DevServer(DevFiles files, Words environment, std::optional<unsigned> port)
    : files_(std::move(files)),
      environment_(std::move(environment)),
      chosen_(port.has_value()),
      port_(port.value_or(usual_port)) {}

DevServer::~DevServer() { stop(); }

std::string DevServer::serve() {
  const auto begin = Clock::now();
  auto refused = bring([this] { files_.serve(port_); });
  const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  if (!refused.empty()) return refused;
  if (std::exchange(told_, url_) == url_) {
    std::cout << "served after " << time.count() << " ms" << std::endl;
  } else {
    std::cout << "serving " << url_ << first_path(files_.configuration())
              << " (what is edited shows there; Ctrl-C ends)" << std::endl;
  }
  return {};
}

void DevServer::show_page(const std::string& title, const std::string& text) {
  const auto refused = bring([&] { files_.show_page(port_, title, text); });
  if (!refused.empty())
    throw base::Refusal(base::Diagnostic{.code = "P031",
                                         .message = "the page with what is wrong cannot be served, either",
                                         .exit_code = base::ExitCode::internal});
  std::cout << url_ << " shows this, too" << std::endl;
}

// Plugins follow the life of a process: for others it takes another process.
std::string DevServer::bring(const std::function<void()>& write) {
  write();
  if (child_) {
    ServerAnswer answer;
    try {
      answer = ask({files_.configuration(), files_.control(), answer_time}, "graceful");
    } catch (const base::Refusal& refusal) {
      answer = {refusal.exit_code(), refusal.what()};
    }
    if (answer.code != base::ExitCode::ok) {
      std::cerr << answer.text << std::flush;
      return answer.text;
    }
    if (answer.text.find("waits for kirsch ") == std::string::npos) return {};
    stop();
    write();
  }
  return start(write);
}

// A port that is taken is no matter where nobody has asked for it.
std::string DevServer::start(const std::function<void()>& write) {
  for (;;) {
    auto program = server::Program::serving(files_.configuration());
    program.arguments.front() = program.path.string();
    child_.emplace(program.arguments, server::ChildOptions{environment_, true, true});
    said_.clear();
    line_.clear();
    url_.clear();
    ready_ = false;
    while (!ready_ && hear()) {
    }
    if (ready_) return {};
    const auto end = child_->wait();
    forget();
    const bool taken = !end.by_signal && end.number == static_cast<int>(base::ExitCode::bind_or_permission);
    if (!taken || chosen_ || port_ == 0) return said_.empty() ? "the server " + end.text() : said_;
    port_ = 0;
    write();
  }
}

void DevServer::stop() noexcept {
  if (!child_) return;
  try {
    static_cast<void>(ask({files_.configuration(), files_.control(), answer_time}, "stop_now"));
  } catch (const std::exception&) {  // it ends, or is ended below
  }
  pollfd ended{child_->process(), POLLIN, 0};
  ::poll(&ended, 1, static_cast<int>(std::chrono::milliseconds(answer_time).count()));
  pollfd words{child_->output(), POLLIN, 0};
  try {
    while (::poll(&words, 1, 0) > 0 && hear()) {
    }
  } catch (const std::exception&) {  // its last words are lost
  }
  forget();
}

// The next one is to be found where this was.
void DevServer::forget() noexcept {
  child_.reset();
  const auto colon = url_.rfind(':');
  if (colon != std::string::npos) std::from_chars(&url_[colon + 1], url_.data() + url_.size(), port_);
}

bool DevServer::listen() {
  if (hear()) return true;
  const auto text = "the server " + child_->wait().text() + '\n';
  forget();
  std::cerr << text << std::flush;
  said_ += text;
  return false;
}

bool DevServer::hear() {
  const bool open = child_->read(line_);
  for (auto end = line_.find('\n'); end != std::string::npos; end = line_.find('\n')) {
    const auto line = line_.substr(0, end);
    line_.erase(0, end + 1);
    if (!ready_ && line.starts_with(serving)) {
      if (url_.empty()) url_ = line.substr(serving.size());  // of the listener that was named first
    } else if (!ready_ && line == "ready") {
      ready_ = true;
    } else {
      std::cerr << line << std::endl;
      said_ += line + '\n';
    }
  }
  if (said_.size() > longest_memory) said_.erase(0, said_.size() - longest_memory);
  return open;
}

}  // namespace kirsch::command
