// The words of both directions are in server/kept_server.cpp too, which is the other end.
#include "server/keeper_link.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "server/status.h"

namespace kirsch::server {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_details = net::MessageChannel::longest - 1024;

std::string load_text(const Loops::Load& load) {
  return std::to_string(load.requests) + ' ' + std::to_string(load.connections) + ' ' +
         std::to_string(load.drain_left.count());
}

}  // namespace

KeeperLink::KeeperLink(net::MessageChannel channel, Orders orders)
    : channel_(std::move(channel)), orders_(std::move(orders)), end_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!end_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

KeeperLink::~KeeperLink() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  // An eventfd of this thread alone has room for one more.
  [[maybe_unused]] const auto written = ::write(end_.get(), &one, sizeof one);
  thread_.join();
}

void KeeperLink::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "kirsch-link");
    run();
  });
}

void KeeperLink::failed(base::ExitCode code, std::string_view text) { report_failure(channel_, code, text); }

void KeeperLink::result(std::uint64_t number, base::ExitCode code, std::string_view text) {
  channel_.send("result",
                std::to_string(number) + '\n' + std::to_string(static_cast<int>(code)) + '\n' + std::string(text));
}

base::UniqueFd KeeperLink::open(std::string_view order, std::string_view path) {
  {
    const std::lock_guard lock(mutex_);
    opened_.reset();
  }
  channel_.send(order, path);
  std::unique_lock lock(mutex_);
  // The answer to an earlier question may come late.
  changed_.wait_for(lock, 5s, [&] { return opened_ && opened_->body == path; });
  if (!opened_ || opened_->body != path || opened_->descriptors.empty()) return {};
  return std::move(opened_->descriptors.front());
}

void KeeperLink::run() noexcept {
  for (;;) {
    std::array<pollfd, 2> watched{pollfd{end_.get(), POLLIN, 0}, pollfd{channel_.descriptor(), POLLIN, 0}};
    if (::poll(watched.data(), watched.size(), -1) < 0) continue;  // EINTR: a debugger
    if (watched[0].revents != 0) return;
    if (auto message = channel_.receive(0ms)) {
      try {
        obey(*message);
      } catch (const std::exception& error) {  // what came without its descriptors, because there is no room for them
        fault_ = error.what();
      }
    }
    if (channel_.ended()) return orders_.exit("the keeper is gone");
  }
}

// One that fails says nothing, and is none of what comes for a configuration.
void KeeperLink::answer(std::string_view question, const std::function<std::string()>& make) {
  try {
    channel_.send(question, make());
  } catch (const std::exception&) {
    channel_.send(question);
  }
}

void KeeperLink::obey(net::Message& message) {
  if (message.type == "exit") return orders_.exit(message.body);
  if (message.type == "retire") return orders_.retire(message.body);
  if (message.type == "force") return orders_.force(message.body);
  if (message.type == "load") {
    answer("load", [this] { return load_text(orders_.load()); });
  } else if (message.type == "details") {
    answer("details", [this] { return shortened(orders_.details(), most_details); });
  } else if (message.type == "request") {
    const auto first = message.body.find('\n');
    const auto second = message.body.find('\n', first + 1);
    if (second == std::string::npos) return;
    orders_.request(message.body.substr(first + 1, second - first - 1), message.body.substr(second + 1),
                    std::strtoull(message.body.c_str(), nullptr, 10));
  } else if (message.type == "listener") {
    if (message.descriptors.empty()) throw std::runtime_error("a listener came without its socket");
    take_listener(listeners_, message);
  } else if (message.type == "module" || message.type == "configuration") {
    handover_.take(message);
  } else if (message.type == "prepare") {
    const auto number = std::strtoull(message.body.c_str(), nullptr, 10);
    auto handover = std::exchange(handover_, {});
    auto listeners = std::exchange(listeners_, {});
    auto secrets = std::exchange(secrets_, {});
    if (const auto fault = std::exchange(fault_, {}); !fault.empty())
      return result(number, base::ExitCode::reload_rejected, "the new configuration did not arrive: " + fault + '\n');
    orders_.prepare(number, std::move(handover), std::move(listeners), std::move(secrets));
  } else if (message.type == "abandon") {
    orders_.abandon(std::strtoull(message.body.c_str(), nullptr, 10));
  } else if (message.type == "opened") {
    const std::lock_guard lock(mutex_);
    opened_ = std::move(message);
    changed_.notify_all();
  } else {
    secrets_.take(message);
  }
}

}  // namespace kirsch::server
