// One request on a connection of its own.
#pragma once

#include <memory>
#include <string>

#include "testing/hosted.h"
#include "testing/message.h"
#include "testing/websocket_peer.h"

namespace kirsch::testing::detail {

// A client's connection to a host, as long as either is there.
class HostLink final : public Link {
 public:
  HostLink(const std::shared_ptr<Hosted>& host, std::string_view client, bool secure)
      : host_(host), wire_(host->connect(client, secure)) {}
  ~HostLink() override;
  HostLink(const HostLink&) = delete;
  HostLink& operator=(const HostLink&) = delete;

  void send(std::string_view bytes) override;
  std::string receive(bool patient) override;
  void when_received(std::function<void()> reader) override { wire_->when_received(std::move(reader)); }
  bool ended() const override { return wire_->ended(); }
  void end() override;
  std::string outlook() const;

 private:
  const std::weak_ptr<Hosted> host_;
  const std::shared_ptr<Wire> wire_;
};

class Client {
 public:
  Client(const std::shared_ptr<Hosted>& host, const Request& request);

  Answer answer();
  Response response();
  void disconnect() { link_.reset(); }

 private:
  const std::string name_;  // of the request
  const bool bodiless_;
  std::optional<HostLink> link_;
  std::string received_;
};

}  // namespace kirsch::testing::detail
