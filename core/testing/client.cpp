// A client that has its answer says goodbye; one that leaves before is lost to the server.
#include "testing/client.h"

#include <utility>

namespace kirsch::testing::detail {

HostLink::~HostLink() {
  const auto host = host_.lock();
  wire_->when_received({});
  if (!host || wire_->closed()) return;
  wire_->break_off();
  try {
    host->settle();
  } catch (const std::exception&) {  // a worker that does not end; the next call says so
  }
}

void HostLink::send(std::string_view bytes) {
  const auto host = host_.lock();
  if (!host) return;
  wire_->give(bytes);
  host->settle();
}

std::string HostLink::receive(bool) {
  auto bytes = wire_->received();
  wire_->forget_received(bytes.size());
  return bytes;
}

void HostLink::end() {
  const auto host = host_.lock();
  if (!host) return;
  wire_->end();
  host->settle();
}

std::string HostLink::outlook() const {
  const auto host = host_.lock();
  return host ? host->outlook() : "the host is gone";
}

Client::Client(const std::shared_ptr<Hosted>& host, const Request& request)
    : name_(request.method + " " + request.target), bodiless_(request.method == "HEAD") {
  link_.emplace(host, request.client, request.secure);
  link_->send(request_text(request));
}

Answer Client::answer() {
  if (link_) received_ += link_->receive(false);
  auto answer = read_answer(received_, link_ && link_->ended(), bodiless_);
  if (answer.complete && link_) {
    link_->end();
    link_.reset();
  }
  return answer;
}

Response Client::response() {
  auto answer = this->answer();
  if (answer.complete) return std::move(answer.response);
  if (!link_) throw std::runtime_error(name_ + ": the test has disconnected before the answer was complete");
  if (link_->ended()) throw std::runtime_error(name_ + ": the server has cut its answer off: " + received_);
  throw Waiting(name_ + " has no complete answer: it waits for time (" + link_->outlook() +
                "; Host::advance) or for another thread (Host::wait). What has come: '" + received_ + "'");
}

}  // namespace kirsch::testing::detail
