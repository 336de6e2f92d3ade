// Poco's own HTTPServer as a peer: answers a fixed text, an echo, files, and a handler that sleeps.
// Usage: bench_poco PORT THREADS BODY [NAME=VALUE…] (header fields of every answer; files of the working directory)
#include <Poco/File.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/StreamCopier.h>
#include <Poco/ThreadPool.h>
#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <map>

namespace {

using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;

struct Site {
  std::string body;
  std::map<std::string, std::string> headers;
};

class Page final : public Poco::Net::HTTPRequestHandler {
 public:
  explicit Page(const Site& site) : site_(site) {}

  void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
    for (const auto& [name, value] : site_.headers) response.set(name, value);
    const std::string& target = request.getURI();
    if (target == "/echo" || target == "/upload") return take(request, response, target == "/echo");
    if (target == "/sleep") ::poll(nullptr, 0, 5);
    if (target.starts_with("/files/")) return response.sendFile(target.substr(1), "application/octet-stream");
    response.setContentType("text/plain; charset=utf-8");
    response.sendBuffer(site_.body.data(), site_.body.size());
  }

 private:
  void take(HTTPServerRequest& request, HTTPServerResponse& response, bool echo) {
    std::string body;
    if (request.hasContentLength()) body.reserve(static_cast<std::size_t>(request.getContentLength()));
    Poco::StreamCopier::copyToString(request.stream(), body);
    response.setContentType("application/octet-stream");
    const std::string& answer = echo ? body : site_.body;
    response.sendBuffer(answer.data(), answer.size());
  }

  const Site& site_;
};

class Pages final : public Poco::Net::HTTPRequestHandlerFactory {
 public:
  explicit Pages(Site site) : site_(std::move(site)) {}
  Poco::Net::HTTPRequestHandler* createRequestHandler(const HTTPServerRequest&) override { return new Page(site_); }

 private:
  const Site site_;
};

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) return 2;
  Site site{arguments[3], {}};
  for (int index = 4; index < count; ++index) {
    const std::string field = arguments[index];
    site.headers.emplace(field.substr(0, field.find('=')), field.substr(field.find('=') + 1));
  }
  const int threads = std::atoi(arguments[2]);
  auto* parameters = new Poco::Net::HTTPServerParams;
  parameters->setMaxQueued(20'000);
  parameters->setMaxThreads(threads);
  parameters->setKeepAlive(true);
  parameters->setMaxKeepAliveRequests(0);
  parameters->setSoftwareVersion("Poco");
  Poco::ThreadPool pool(2, threads, 60, 64 * 1024);
  Poco::Net::ServerSocket socket;
  socket.bind(Poco::Net::SocketAddress("127.0.0.1", static_cast<Poco::UInt16>(std::atoi(arguments[1]))), true);
  socket.listen(4096);
  Poco::Net::HTTPServer server(new Pages(std::move(site)), pool, socket, parameters);
  server.start();
  ::pause();
}
