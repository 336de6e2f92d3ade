// Mails an operator when answers fail: from a worker, at most one mail in a while, with what was left out in the next
// one.
#include <Poco/Net/MailMessage.h>
#include <Poco/Net/SMTPClientSession.h>
#include <kirsch/module.h>
#include <kirsch/tasks.h>

#include <atomic>

namespace {

using Clock = std::chrono::steady_clock;

struct Alarm {
  std::string server;
  std::uint16_t port = 0;
  std::string from, to;
  std::chrono::seconds every{};

  static constexpr auto options = kirsch::options(
      kirsch::opt<&Alarm::server>("server", "localhost", "that takes mail"),
      kirsch::opt<&Alarm::port>("port", "25", "of that server").range(1, 65535),
      kirsch::opt<&Alarm::from>("from", kirsch::required, "address of the sender"),
      kirsch::opt<&Alarm::to>("to", kirsch::required, "address of who is to know"),
      kirsch::opt<&Alarm::every>("every", "5m", "between two mails").range(1'000'000'000, 86'400'000'000'000));

  void prepare() const {
    for (const auto& [option, address] : {std::pair("from", from), std::pair("to", to)})
      if (address.find('@') == address.npos || address.find_first_of(" <>\r\n") != address.npos)
        throw kirsch::OptionError(option, "write a plain address: operator@example.org");
  }

  void on_end_request(kirsch::Exchange& exchange) {
    if (exchange.response().status() < 500) return;
    const auto now = Clock::now().time_since_epoch().count();
    auto due = due_.load();
    const auto next = now + std::chrono::duration_cast<Clock::duration>(every).count();
    if (now < due || !due_.compare_exchange_strong(due, next)) {
      ++silent_;
      return;
    }
    const auto missed = silent_.exchange(0);
    // No byte of a client's gets into the head of a mail, and none but printable ones into its text.
    std::string text = "status:  " + std::to_string(exchange.response().status()) +
                       "\nrequest: " + printable(exchange.outcome().id) +
                       "\npath:    " + printable(exchange.request().path()) + "\nbefore:  " + std::to_string(missed) +
                       " more failures, without a mail\n";
    if (!kirsch::submit([mail = Mail{server, port, from, to, std::move(text)}] { mail.send(); })) ++silent_;
  }

 private:
  struct Mail {
    std::string server;
    std::uint16_t port;
    std::string from, to, text;

    void send() const noexcept {
      try {
        Poco::Net::MailMessage message;
        message.setSender(from);
        message.addRecipient({Poco::Net::MailRecipient::PRIMARY_RECIPIENT, to});
        message.setSubject("Kirsch: an answer has failed");
        message.setContent(text);
        Poco::Net::StreamSocket socket;
        socket.connect({server, port}, Poco::Timespan(5, 0));
        Poco::Net::SMTPClientSession session(socket);
        session.setTimeout(Poco::Timespan(10, 0));  // of each answer: a worker is not held for ever
        session.login();
        session.sendMessage(message);
        session.close();
      } catch (const std::exception& failure) {
        kirsch::log(kirsch::Level::warning, "no mail was sent: ", std::string_view(failure.what()));
      }
    }
  };
  static std::string printable(std::string_view bytes) {
    std::string text(bytes.substr(0, 500));
    std::replace_if(
        text.begin(), text.end(), [](char byte) { return byte < ' ' || byte > '~'; }, '?');
    return text;
  }

  std::atomic<Clock::rep> due_ = Clock::time_point::min().time_since_epoch().count();
  std::atomic<std::uint64_t> silent_ = 0;
};

}  // namespace

KIRSCH_MODULE("alarm", "1.0.0", kirsch::tool<Alarm>("alarm").failsafe(kirsch::Hook::on_end_request).carries_over());
