// A small real service behind real connections on a loop of its own, and a blocking client.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <future>
#include <list>
#include <string>
#include <thread>
#include <vector>

#include "base/arena.h"
#include "base/log.h"
#include "base/unique_fd.h"
#include "http/connections.h"
#include "http/response_fields.h"
#include "http/stream.h"
#include "net/listener.h"
#include "net/loop.h"
#include "support/driver.h"

namespace kirsch::http {

class SilentLog final : public base::Log {
 public:
  void write(base::Level, std::string_view) noexcept override {}
};

// Echoes raw bytes after an upgrade, but only whole lines; "bye" closes, "die" aborts, "tell" wants to know when all
// has left, "hush" does not any more.
class LineEcho final : public Stream {
 public:
  explicit LineEcho(std::vector<std::string>& events) : events_(events) {}

 private:
  void opened() override {
    events_.push_back("open");
    say("welcome\n");
  }
  std::size_t take(char* bytes, std::size_t size) override {
    const std::string_view text(bytes, size);
    const std::size_t end = text.rfind('\n');
    if (end == std::string_view::npos) return 0;
    say(text.substr(0, end + 1));
    if (text.find("bye") != std::string_view::npos) close();
    if (text.find("die") != std::string_view::npos) abort();
    if (text.find("tell") != std::string_view::npos) notify(1);
    if (text.find("hush") != std::string_view::npos) notify(0);
    return end + 1;
  }
  void writable() override { events_.push_back("stream writable"); }
  void closed(bool clean) override {
    events_.push_back(std::string(clean ? "clean" : "lost") + (was_opened() ? "" : " unopened"));
  }
  void say(std::string_view text) {
    const kirsch_text piece{text.data(), text.size()};
    write({&piece, 1});
  }

  std::vector<std::string>& events_;
};

class TestService;

class TestTransaction final : public Transaction {
 public:
  TestTransaction(TestService& service, ResponseWriter& writer, const KeptHead& head)
      : service_(service), writer_(writer), kept_(head) {}
  void begin();
  void answer(std::uint16_t status, std::string_view body);
  void answer_later();

  void on_body(std::string_view decoded) override { body_ += decoded; }
  void on_body_end() override;
  void on_body_fault(const Fault& fault) override;
  void on_writable() override;
  void on_sent(std::uint64_t) override { end("sent"); }
  void on_gone() override { end("gone"); }

  std::list<TestTransaction>::iterator place;

 private:
  void end(const char* how);
  void produce();

  TestService& service_;
  ResponseWriter& writer_;
  KeptHead kept_;
  const RequestHead& head_ = *kept_;
  base::Arena arena_;
  std::string body_;
  std::string path_;
  std::size_t left_ = 0;
};

// The path says what to do: see TestTransaction::begin.
class TestService final : public Service {
 public:
  Transaction& on_request(ResponseWriter& writer, const KeptHead& head) override {
    heads.push_back(head.number());
    TestTransaction& transaction = add(writer, head);
    transaction.begin();
    return transaction;
  }
  Transaction& on_malformed(ResponseWriter& writer, const Fault& fault, const KeptHead& head) override {
    TestTransaction& transaction = add(writer, head);
    events.push_back("malformed " + std::to_string(fault.status) + " " + std::string(head->method_name) + " " +
                     std::string(head->target));
    writer.read_body(100);  // must do nothing
    transaction.answer(fault.status, fault.reason);
    return transaction;
  }
  void remove(TestTransaction& transaction) { transactions.erase(transaction.place); }

  std::list<TestTransaction> transactions;
  std::vector<std::string> events;
  std::vector<TestTransaction*> held;
  std::size_t produced = 0;
  std::size_t largest_queue = 0;
  std::vector<std::uint64_t> body_sent;  // of each transaction, at its end
  std::vector<std::uint64_t> heads;      // the numbers of those that were not refused

 private:
  TestTransaction& add(ResponseWriter& writer, const KeptHead& head) {
    TestTransaction& transaction = transactions.emplace_back(*this, writer, head);
    transaction.place = std::prev(transactions.end());
    return transaction;
  }
};

inline void TestTransaction::begin() {
  path_ = head_.path;
  if (path_ == "/hello") answer(200, "hello");
  if (path_ == "/empty") answer(204, "suppressed");
  if (path_ == "/echo") writer_.read_body(100'000);
  if (path_ == "/ignore") answer(200, "ignored");
  if (path_ == "/refuse") answer(403, "no");
  if (path_ == "/paused") {
    writer_.read_body(1'000'000);
    writer_.pause_body();
    service_.held.push_back(this);
  }
  if (path_ == "/late" || path_ == "/hold") {
    service_.held.push_back(this);
  }
  if (path_ == "/short" || path_ == "/long") {
    ResponseHead head;
    head.length = path_ == "/short" ? 10 : 3;
    writer_.send_head(head);
    writer_.write("12345", Bytes::copied);
    writer_.finish();
  }
  if (path_ == "/chunks" || path_ == "/stream") {
    ResponseHead head;
    head.body = BodyLength::unknown;
    writer_.send_head(head);
  }
  if (path_ == "/chunks") {
    writer_.write("one,", Bytes::borrowed);
    writer_.write("", Bytes::copied);
    writer_.write_shared(
        "two,", [](void* self) { static_cast<TestService*>(self)->events.push_back("released"); }, &service_);
    const int file = ::memfd_create("body", MFD_CLOEXEC);
    EXPECT_EQ(::write(file, "xxthreexx", 9), 9);
    writer_.write_file(
        {file, 2, 5}, [](void* self) { ::close(static_cast<int>(reinterpret_cast<std::intptr_t>(self))); },
        reinterpret_cast<void*>(std::intptr_t{file}));
    writer_.finish();
  }
  if (path_ == "/stream") {
    left_ = 8U << 20;
    produce();
  }
  if (path_ == "/abort") {
    ResponseHead head;
    head.length = 100;
    writer_.send_head(head);
    writer_.abort();
  }
  if (path_ == "/upgrade") {
    ResponseFields fields(arena_);
    fields.set("Upgrade", "lines");
    ResponseHead head;
    head.status = 101;
    head.fields = &fields;
    writer_.send_head(head);
    writer_.upgrade(std::make_unique<LineEcho>(service_.events));
  }
}

inline void TestTransaction::answer(std::uint16_t status, std::string_view body) {
  ResponseHead head;
  head.status = status;
  head.length = body.size();
  writer_.send_head(head);
  writer_.write(body, Bytes::copied);
  writer_.finish();
}

// What was kept of the head must still be there.
inline void TestTransaction::answer_later() {
  const kirsch_field* field = head_.field("X-Mark");
  if (path_ == "/paused") {
    writer_.resume_body();
  } else {
    answer(200, std::string(head_.target) + "|" + (field != nullptr ? std::string(value(*field)) : ""));
  }
}

inline void TestTransaction::on_body_end() { answer(200, body_); }

inline void TestTransaction::on_body_fault(const Fault& fault) {
  service_.events.push_back("fault " + std::to_string(fault.status));
  answer(fault.status, fault.reason);
}

inline void TestTransaction::on_writable() {
  service_.events.push_back("writable");
  produce();
}

inline void TestTransaction::produce() {
  const std::string piece(64 << 10, 's');
  while (left_ != 0) {
    left_ -= piece.size();
    service_.produced += piece.size();
    const bool more = writer_.write(piece, Bytes::copied);
    service_.largest_queue = std::max(service_.largest_queue, writer_.queued());
    if (!more) break;
  }
  if (left_ == 0) writer_.finish();
}

inline void TestTransaction::end(const char* how) {
  service_.events.push_back(how);
  service_.body_sent.push_back(writer_.body_sent());
  std::erase(service_.held, this);
  service_.remove(*this);
}

class Client {
 public:
  explicit Client(const net::Address& address, int receive_buffer = 0) {
    const Poco::Net::SocketAddress target = address.poco();
    socket_.reset(::socket(target.af(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval limit{20, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (receive_buffer > 0) ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    EXPECT_EQ(::connect(socket_.get(), target.addr(), target.length()), 0);
  }
  // False if the server closed meanwhile.
  bool write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  // As much as the kernel takes at once; returns that.
  std::size_t flood() {
    const std::string zeros(64 << 10, '0');
    std::size_t taken = 0;
    for (ssize_t sent = 0; sent >= 0; taken += static_cast<std::size_t>(std::max<ssize_t>(sent, 0))) {
      sent = ::send(socket_.get(), zeros.data(), zeros.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    return taken;
  }
  void finish() {
    ::shutdown(socket_.get(), SHUT_WR);
    finished_ = true;
  }
  void close() { socket_.reset(); }
  std::string read_to_end() {
    while (more()) {
    }
    return std::exchange(received_, "");
  }
  // Also one that hides behind a FIN that came before it: only our side could still have been open.
  bool reset() const {
    pollfd connection{socket_.get(), 0, 0};
    return reset_ || (!finished_ && ::poll(&connection, 1, 0) > 0 && (connection.revents & POLLHUP) != 0);
  }
  // Up to and with `mark`; what came so far if the server ended before.
  std::string read_until(std::string_view mark) {
    std::size_t at = 0;
    while ((at = received_.find(mark)) == std::string::npos) {
      if (!more()) return std::exchange(received_, "");
    }
    return take(at + mark.size());
  }
  std::string read(std::size_t size) {
    while (received_.size() < size && more()) {
    }
    return take(std::min(size, received_.size()));
  }
  // One answer with a Content-Length.
  std::string answer() {
    std::string text = read_until("\r\n\r\n");
    const std::size_t at = text.find("Content-Length: ");
    if (at == std::string::npos) return text;
    return text + read(std::strtoul(text.c_str() + at + 16, nullptr, 10));
  }

 private:
  bool more() {
    char bytes[65536];
    ssize_t got = 0;
    do {  // the end of an io_uring interrupts the thread that made it
      got = ::recv(socket_.get(), bytes, sizeof bytes, 0);
    } while (got < 0 && errno == EINTR);
    if (got < 0) reset_ = true;
    if (got <= 0) return false;
    received_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }
  std::string take(std::size_t size) {
    std::string text = received_.substr(0, size);
    received_.erase(0, size);
    return text;
  }
  base::UniqueFd socket_;
  std::string received_;
  bool finished_ = false;
  bool reset_ = false;
};

// Loop, connections and service on a thread; everything ends with it.
class Served {
 public:
  explicit Served(const Limits& limits = Limits()) : limits_(limits) {
    net::Listener listener = net::Listener::bind(*net::Address::parse("127.0.0.1:0")).front();
    address_ = listener.address();
    loop_.listen(std::move(listener), connections_.entrance(7, false));
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Served() {
    loop_.stop();
    thread_.join();
    EXPECT_TRUE(service_.transactions.empty());
    EXPECT_EQ(connections_.count(), 0U);
  }
  const net::Address& address() const { return address_; }

  // On the loop's thread.
  template <class Work>
  auto call(Work work) {
    std::packaged_task<decltype(work(std::declval<TestService&>(), std::declval<Connections&>()))()> task(
        [this, work] { return work(service_, connections_); });
    auto result = task.get_future();
    EXPECT_TRUE(loop_.post(std::move(task)));
    return result.get();
  }
  std::vector<std::string> events() {
    return call([](TestService& service, Connections&) { return service.events; });
  }
  // Asks again until it is so; the test's own time limit is the only clock.
  template <class Question>
  void wait_until(Question question) {
    while (!call(question)) std::this_thread::yield();
  }

 private:
  SilentLog log_;
  net::Loop loop_{0, log_, test::make_driver()};
  const Limits limits_;
  TestService service_;
  Connections connections_{loop_, limits_, service_};
  net::Address address_;
  std::thread thread_;
};

}  // namespace kirsch::http
