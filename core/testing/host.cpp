// What tests see.
#include <filesystem>
#include <utility>

#include "config/document.h"
#include "kirsch/testing.h"
#include "loader/probe.h"
#include "server/failures.h"
#include "testing/client.h"
#include "testing/socket_link.h"

namespace kirsch::testing {
namespace {

constexpr std::string_view snippet_name = "test.yaml";

// Where a module is tried, and this process has several threads, that is done by this program anew.
[[gnu::constructor]] void become_probe(int count, char** arguments, char**) { loader::become_probe(count, arguments); }

// With what a snippet may leave out, behind it, so that its lines keep their numbers.
config::Document document_of(std::string yaml) {
  const auto name = std::string(snippet_name);
  const auto directory = std::filesystem::current_path().string();
  const auto alone = config::Document::from_text(yaml, name, directory);
  const auto& root = alone.root();
  if (const auto* include = root.find("include"))
    throw base::Refusal({.message = "only a file can include others",
                         .position = include->key.position(),
                         .source_line = std::string(include->key.source_line()),
                         .help = "use kirsch::testing::Host::from_file"});
  const std::string indent(root.entries.empty() ? 0 : root.entries.front().key.column - 1, ' ');
  yaml += '\n';
  if (root.find("version") == nullptr) yaml += indent + "version: 1\n";
  if (root.find("listeners") == nullptr) yaml += indent + "listeners: { test: { bind: \"127.0.0.1:80\" } }\n";
  return config::Document::from_text(std::move(yaml), name, directory);
}

template <class Document>
std::shared_ptr<detail::Hosted> hosted(Document document, const std::string& name, std::string_view plugins) try {
  return std::make_shared<detail::Hosted>(document(), name, plugins);
} catch (const base::Refusal& refusal) {
  throw Refused(server::text_of(refusal.diagnostics()));
}

}  // namespace

Pending::Pending(std::shared_ptr<detail::Client> client) : client_(std::move(client)) {}
bool Pending::done() const { return client_->answer().complete; }
int Pending::status() const { return client_->answer().response.status; }
std::string Pending::body() const { return client_->answer().response.body; }
Response Pending::response() const { return client_->response(); }
void Pending::disconnect() { client_->disconnect(); }

WebSocket::WebSocket(std::shared_ptr<detail::WebSocketPeer> peer) : peer_(std::move(peer)) {}
WebSocket WebSocket::connect(std::string_view server, std::string_view target, const Headers& headers) {
  return WebSocket(
      std::make_shared<detail::WebSocketPeer>(std::make_unique<detail::SocketLink>(server), target, headers));
}
void WebSocket::send(std::string_view text) { peer_->send(Opcode::text, text); }
void WebSocket::send_binary(std::string_view bytes) { peer_->send(Opcode::binary, bytes); }
std::string WebSocket::text() { return peer_->take(Opcode::text); }
std::string WebSocket::binary() { return peer_->take(Opcode::binary); }
bool WebSocket::empty() const { return peer_->empty(); }
void WebSocket::close(int code, std::string_view reason) { peer_->close(code, reason); }
void WebSocket::disconnect() { peer_->disconnect(); }
bool WebSocket::closed() const { return peer_->closed(); }
int WebSocket::close_code() const { return peer_->close_code(); }
std::string WebSocket::close_reason() const { return peer_->close_reason(); }

Host::Host(std::string_view yaml, std::string_view plugins)
    : hosted_(hosted([&] { return document_of(std::string(yaml)); }, std::string(snippet_name), plugins)) {}
Host Host::from_file(const std::filesystem::path& file, std::string_view plugins) {
  return Host(hosted([&] { return config::Document::from_file(file); }, file.string(), plugins));
}
Host::Host(std::shared_ptr<detail::Hosted> hosted) : hosted_(std::move(hosted)) {}
Host::Host(Host&&) noexcept = default;
Host& Host::operator=(Host&&) noexcept = default;
Host::~Host() = default;

Response Host::get(std::string_view target, Headers headers) {
  return request({.target = std::string(target), .headers = std::move(headers)});
}
Response Host::post(std::string_view target, std::string_view body, Headers headers) {
  return request(
      {.method = "POST", .target = std::string(target), .headers = std::move(headers), .body = std::string(body)});
}
Response Host::request(const Request& request) { return begin(request).response(); }
Pending Host::begin(const Request& request) { return Pending(std::make_shared<detail::Client>(hosted_, request)); }
WebSocket Host::websocket(std::string_view target, const Headers& headers) {
  auto link = std::make_unique<detail::HostLink>(hosted_, Request().client, false);
  return WebSocket(std::make_shared<detail::WebSocketPeer>(std::move(link), target, headers));
}

void Host::advance(std::chrono::milliseconds time) { hosted_->advance(time); }
bool Host::wait(std::chrono::milliseconds limit) { return hosted_->wait(limit); }
std::vector<std::string> Host::log(std::string_view name) { return hosted_->log(name); }
void Host::publish(std::string_view channel, std::string_view message) { hosted_->publish(channel, message); }
void Host::stop() { hosted_->stop(); }

}  // namespace kirsch::testing
