// For tests of modules: a server in the test's own process, without sockets, whose time stands still until it is told
// to pass. Library Kirsch::testing, which tests link and modules never.
//
//   TEST(Hello, greets_by_name) {
//     kirsch::testing::Host host("paths: { /: { handler: { hello: {} } } }");
//     EXPECT_EQ(host.get("/?name=Bo").body, "Hi, Bo!\n");
//   }
//
// Configuration, loading of modules, hooks, error pages and HTTP are the server's own code. What runs on its loop runs
// on the test's thread, inside of the calls below; blocking steps run on a worker, and the calls wait for them.
// Everything here belongs to one thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The folders with modules, parted by ':'. Defined by kirsch_add_module(… TESTS …).
#ifndef KIRSCH_TEST_PLUGINS
#define KIRSCH_TEST_PLUGINS ""
#endif

namespace kirsch::testing {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method = "GET";
  std::string target = "/";
  Headers headers = {};  // Host, and with a body Content-Length, are added where they are missing
  std::string body = {};
  std::string client = "192.0.2.1";  // its address
  bool secure = false;               // as if it came over TLS
};

struct Response {
  int status = 0;
  Headers headers = {};  // in order, as they were sent
  std::string body = {};

  // The first of that name, without regard to case; empty: there is none.
  std::string header(std::string_view name) const;
  bool has(std::string_view name) const;
  // What Set-Cookie says, as the Cookie of the next request: "a=1; b=2".
  std::string cookies() const;
};

// A configuration or a module is refused; what() is what `kirsch check` says.
class Refused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What was asked for is not there yet: it waits for time to pass (Host::advance), or for another thread.
class Waiting : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {
class Client;
class Hosted;
class WebSocketPeer;
}  // namespace detail

// A request that was made. If its answer is not complete when this object goes, its client is lost.
class Pending {
 public:
  explicit Pending(std::shared_ptr<detail::Client> client);

  bool done() const;         // the answer is complete
  int status() const;        // 0: no head has come
  std::string body() const;  // what has come of it
  // Throws Waiting, or std::runtime_error if the server has cut it off.
  Response response() const;
  void disconnect();  // the client is lost now

 private:
  std::shared_ptr<detail::Client> client_;
};

// The client's end of a WebSocket. Pings are answered. It ends without a word when this object goes.
class WebSocket {
 public:
  // For tests of a whole system, not for production: over a socket to `server` ("127.0.0.1:8080"). What is asked for
  // may then take ten seconds to come. Throws std::runtime_error if there is no WebSocket.
  static WebSocket connect(std::string_view server, std::string_view target, const Headers& headers = {});

  explicit WebSocket(std::shared_ptr<detail::WebSocketPeer> peer);

  void send(std::string_view text);
  void send_binary(std::string_view bytes);
  // The next message. Throws Waiting if there is none, std::runtime_error if it is of the other kind, or if none can
  // come any more.
  std::string text();
  std::string binary();
  bool empty() const;  // no message has come that was not read

  void close(int code = 1000, std::string_view reason = {});
  void disconnect();
  bool closed() const;     // by the server
  int close_code() const;  // of the server; 0: it has not said one
  std::string close_reason() const;

 private:
  std::shared_ptr<detail::WebSocketPeer> peer_;
};

class Host {
 public:
  // What could stand in a configuration file; `version` and `listeners` may be left out. Errors name it test.yaml;
  // relative paths are relative to the working directory. Plugins of phase early are refused: they change the process.
  // Logs are read by `log`, wherever the configuration wants them. Throws Refused.
  explicit Host(std::string_view yaml, std::string_view plugins = KIRSCH_TEST_PLUGINS);
  // A file as the server reads it.
  static Host from_file(const std::filesystem::path& file, std::string_view plugins = KIRSCH_TEST_PLUGINS);
  Host(Host&&) noexcept;
  Host& operator=(Host&&) noexcept;
  ~Host();  // as stop

  Response get(std::string_view target, Headers headers = {});
  Response post(std::string_view target, std::string_view body, Headers headers = {});
  // All throw Waiting if something other than a worker must happen before the answer is complete; `begin` does not.
  Response request(const Request& request);
  Pending begin(const Request& request);
  // Throws std::runtime_error with the answer if that is no 101.
  WebSocket websocket(std::string_view target, const Headers& headers = {});

  // Lets time pass, from one timer to the next. It is what modules and the server read from any clock of the system, on
  // the threads of the host; what threads of modules read, and what waits in system calls, is the machine's.
  void advance(std::chrono::milliseconds time);
  // Waits, by the machine's clock and at most that long, until a thread of a module asks the loop for something, and
  // lets that happen. False: none has asked.
  bool wait(std::chrono::milliseconds limit);

  // Lines of the error log, or of one that `logs` names, without their time: "warning hello: …".
  std::vector<std::string> log(std::string_view name = "error");
  // Runs what plugins do on that channel, such as graceful. Throws Refused with what fails.
  void publish(std::string_view channel, std::string_view message = {});
  // Upgraded connections are told, plugins stop and exit, connections end. The host answers no more.
  void stop();

 private:
  explicit Host(std::shared_ptr<detail::Hosted> hosted);
  std::shared_ptr<detail::Hosted> hosted_;
};

}  // namespace kirsch::testing
