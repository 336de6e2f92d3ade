// The recipe that mails, with a server that takes mail.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "core/sdk/cookbook/kitchen.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Says yes to everything (RFC 5321) and keeps the mails.
class MailServer {
 public:
  MailServer() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 8) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("no port for mails");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~MailServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  MailServer(const MailServer&) = delete;
  MailServer& operator=(const MailServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::vector<std::string> mails() const {
    const std::lock_guard lock(mutex_);
    return mails_;
  }
  // Waits until there are so many.
  std::vector<std::string> wait_for(std::size_t count) const {
    std::unique_lock lock(mutex_);
    came_.wait_for(lock, patience, [&] { return mails_.size() >= count; });
    return mails_;
  }

 private:
  void serve() {
    for (int client = 0; (client = ::accept(listener_, nullptr, nullptr)) >= 0; ::close(client)) talk(client);
  }
  void talk(int client) {
    const auto say = [&](std::string_view line) { return ::send(client, line.data(), line.size(), MSG_NOSIGNAL) > 0; };
    std::string heard;
    bool text = false;
    char bytes[4096];
    say("220 mail\r\n");
    for (ssize_t got = 0; (got = ::recv(client, bytes, sizeof bytes, 0)) > 0;) {
      heard.append(bytes, static_cast<std::size_t>(got));
      const std::string_view end = text ? "\r\n.\r\n" : "\r\n";
      const auto at = heard.find(end);
      if (at == heard.npos) continue;
      if (text) {
        const std::lock_guard lock(mutex_);
        mails_.push_back(heard.substr(0, at));
        came_.notify_all();
      }
      const bool begins = !text && heard.starts_with("DATA");
      text = begins;
      heard.erase(0, at + end.size());
      say(begins ? "354 go on\r\n" : "250 yes\r\n");
    }
  }

  int listener_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable came_;
  std::vector<std::string> mails_;
  std::thread thread_;
};

std::string alarm_yaml() {
  for (const auto& recipe : recipes())
    if (recipe.name == "alarm") return loopback(plugins() + recipe.yaml());
  throw std::runtime_error("the page has no alarm");
}

ServerOptions mailing_to(std::uint16_t port) {
  ServerOptions options;
  options.environment = {{"SMTP_PORT", std::to_string(port)}};
  return options;
}

TEST(AlarmRecipe, mails_what_has_failed_and_later_how_often_more) {
  MailServer mail;
  const Server server(alarm_yaml(), mailing_to(mail.port()));
  int asked = 1;
  EXPECT_EQ(get(server, "/fragile").status, 503);
  const auto first = mail.wait_for(1).at(0);
  EXPECT_THAT(first, HasSubstr("From: kirsch@example.org\r\n"));
  EXPECT_THAT(first, HasSubstr("To: <operator@example.org>\r\n"));
  EXPECT_THAT(first, HasSubstr("path:    /fragile"));
  EXPECT_THAT(first, HasSubstr("before:  0 more"));
  while (mail.mails().size() < 2) {
    get(server, "/fragile");
    ++asked;
  }
  const auto second = mail.mails().at(1);
  const auto missed = std::stoi(second.substr(second.find("before:  ") + 9));
  EXPECT_GT(missed, 0);
  EXPECT_LE(missed, asked - 2) << "those between the first mail and the second";
}

TEST(AlarmRecipe, lets_no_client_write_a_mail) {
  MailServer mail;
  const Server server(alarm_yaml() + "  /fragile/: { handler: { respond: { status: 500 } }, tools: { alarm: { port: " +
                      std::to_string(mail.port()) + ", from: a@b, to: c@d } } }\n");
  EXPECT_EQ(get(server, "/fragile/%C2%85Bcc:%20eve@evil.example").status, 500);
  const auto all = mail.wait_for(1).at(0);
  EXPECT_THAT(all, HasSubstr("path:    /fragile/??Bcc: eve@evil.example\n"));
  EXPECT_THAT(all, Not(HasSubstr("\nBcc:")));
}

TEST(AlarmRecipe, goes_on_without_a_mail_server) {
  std::uint16_t nobody = 0;
  { nobody = MailServer().port(); }
  const Server server(alarm_yaml(), mailing_to(nobody));
  EXPECT_EQ(get(server, "/fragile").body, "Too bad.\n");
  server.wait_for_log("no mail was sent");
}

}  // namespace
}  // namespace kirsch::test
