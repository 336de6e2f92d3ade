// Connections without sockets: a client whose bytes come in pieces of the test's choice, one per turn of a loop, and
// a service that records what it was asked to do.
#pragma once

#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "http/connections.h"
#include "http/path.h"
#include "net/loop.h"
#include "served.h"

namespace kirsch::http {

// The server's end of a connection. Never calls back from inside a call.
class Wire final : public net::Transport {
 public:
  explicit Wire(net::Loop& loop) : loop_(loop) {}

  void set_events(net::TransportEvents& events) noexcept override { events_ = &events; }
  void send(std::span<const iovec> pieces) noexcept override {
    EXPECT_FALSE(sending_ || shut_ || gone_);
    for (const iovec& piece : pieces) sent_.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    sending_ = true;
  }
  void send_file(std::span<const iovec>, const net::FileRange&) noexcept override { ADD_FAILURE(); }
  bool sending() const noexcept override { return sending_; }
  std::uint64_t unsent() const noexcept override { return left; }
  std::uint64_t unacknowledged() const noexcept override { return held; }
  void pause_reading() noexcept override { reading_ = false; }
  void resume_reading() noexcept override { reading_ = true; }
  void set_deadline(base::SteadyTime) noexcept override { deadline_ = true; }
  void clear_deadline() noexcept override { deadline_ = false; }
  void shutdown_write() noexcept override { shut_ = true; }
  void close() noexcept override { gone_ = true; }
  void abort() noexcept override { gone_ = aborted_ = true; }
  net::Loop& loop() const noexcept override { return loop_; }
  const net::Addresses& addresses() const noexcept override { return nobody_; }

  // What the kernel and the client do.
  void receive(std::string_view piece) {
    const auto exact = std::make_unique<char[]>(piece.size());  // a sanitizer sees every read too far
    std::copy(piece.begin(), piece.end(), exact.get());
    events_->on_data({exact.get(), piece.size()});
  }
  void end() { events_->on_end(); }
  void take() {
    sending_ = false;
    events_->on_sent();
  }
  void expire() { events_->on_timeout(); }
  void lose() {
    gone_ = true;
    events_->on_lost(ECONNRESET);
  }

  const std::string& sent() const { return sent_; }
  bool reading() const { return reading_ && !gone_; }
  bool has_deadline() const { return deadline_; }
  bool shut() const { return shut_ || gone_; }
  bool gone() const { return gone_; }
  bool aborted() const { return aborted_; }

  std::uint64_t left = 0;  // of the present send, not taken by the kernel
  std::uint64_t held = 0;  // by the kernel

 private:
  net::Loop& loop_;
  net::TransportEvents* events_ = nullptr;
  std::string sent_;
  bool sending_ = false;
  bool reading_ = true;
  bool deadline_ = false;
  bool shut_ = false;
  bool gone_ = false;
  bool aborted_ = false;
  const net::Addresses nobody_{};
};

// Answers as the pipeline does with a handler that reports its request: see tests/support/framing/README.md. Below
// /early/N it answers as soon as it has seen N bytes of the body.
class Recorder final : public Service {
 public:
  static constexpr std::uint64_t body_limit = 1000;

  Transaction& on_request(ResponseWriter& writer, const KeptHead& head) override {
    Report& report = add(writer, head);
    report.begin();
    return report;
  }
  Transaction& on_malformed(ResponseWriter& writer, const Fault& fault, const KeptHead& head) override {
    Report& report = add(writer, head);
    report.answer(fault.status, fault.reason);
    return report;
  }

  std::vector<std::string> executed;     // method and target of every request that was not refused
  std::vector<std::uint64_t> body_sent;  // of each answer, at its end
  std::size_t open() const { return reports_.size(); }

 private:
  class Report final : public Transaction {
   public:
    Report(Recorder& recorder, ResponseWriter& writer, const KeptHead& head)
        : recorder_(recorder), writer_(writer), kept_(head) {}
    void begin() {
      const auto path = normalised_path(head_.path, arena_);
      if (!path) return answer(400, "the path is not valid", true);
      path_ = *path;
      recorder_.executed.push_back(std::string(head_.method_name) + ' ' + std::string(head_.target));
      if (head_.method == KIRSCH_METHOD_TRACE) return answer(405, "");
      if (path_ == "*") return answer(204, "");
      if (path_ == "/folder") return answer(308, "");
      if (path_.starts_with("/early/")) early_ = std::stoul(std::string(path_.substr(7)));
      writer_.read_body(body_limit);
    }
    void answer(std::uint16_t status, std::string_view body, bool close = false) {
      ResponseHead head;
      head.status = status;
      head.length = body.size();
      head.close = close;
      writer_.send_head(head);
      writer_.write(body, Bytes::copied);
      writer_.finish();
    }

    void on_body(std::string_view decoded) override {
      body_ += decoded;
      if (body_.size() >= early_) answer(200, text());
    }
    void on_body_end() override { answer(200, text()); }
    void on_body_fault(const Fault& fault) override { answer(fault.status, fault.reason); }
    void on_writable() override {}
    void on_sent(std::uint64_t) override { end(); }
    void on_gone() override { end(); }

    std::list<Report>::iterator place;

   private:
    void end() {
      recorder_.body_sent.push_back(writer_.body_sent());
      recorder_.reports_.erase(place);
    }
    // The lines that the fixture `inspect` has, too.
    std::string text() const {
      std::string all;
      const auto line = [&](std::string_view name, std::string_view value) {
        all.append(name).append(": ").append(value).append("\n");
      };
      line("method", head_.method_name);
      line("target", head_.target);
      line("path", path_);
      line("query string", head_.query);
      line("host", head_.host);
      line("version", std::to_string(10 + head_.version_minor));
      for (const kirsch_field& field : head_.fields) {
        line("field", std::string(name(field)) + "=" + std::string(value(field)));
      }
      line("body", body_);
      return all;
    }

    Recorder& recorder_;
    ResponseWriter& writer_;
    KeptHead kept_;
    const RequestHead& head_ = *kept_;
    base::Arena arena_;
    std::string_view path_;
    std::string body_;
    std::size_t early_ = SIZE_MAX;  // answers once it has seen so much of the body
  };

  Report& add(ResponseWriter& writer, const KeptHead& head) {
    Report& report = reports_.emplace_back(*this, writer, head);
    report.place = std::prev(reports_.end());
    return report;
  }

  std::list<Report> reports_;
};

// Runs steps on a loop, one per turn, in the test's own thread.
class Turns {
 public:
  explicit Turns(const Limits& limits = Limits()) : limits_(limits) {}

  net::Loop& loop() { return loop_; }
  Recorder& recorder() { return recorder_; }
  Connections& connections() { return connections_; }
  net::Acceptor& entrance() { return entrance_; }

  // Calls `step` once per turn until it returns false. Once.
  template <class Step>
  void run(Step step) {
    struct Again {
      Turns& turns;
      Step& step;
      void operator()() const {
        if (step()) {
          turns.loop_.post(Again(*this));
        } else {
          turns.loop_.stop();
        }
      }
    };
    loop_.post(Again{*this, step});
    loop_.run();
  }

 private:
  SilentLog log_;
  net::Loop loop_{0, log_};
  const Limits limits_;
  Recorder recorder_;
  Connections connections_{loop_, limits_, recorder_};
  net::Acceptor& entrance_ = connections_.entrance(0, false);
};

}  // namespace kirsch::http
