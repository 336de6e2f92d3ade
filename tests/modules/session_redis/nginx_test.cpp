// session_redis behind nginx, configured as the README says: what several machines are, on one.
#include <gtest/gtest.h>

#include <set>

#include "support/markdown.h"
#include "support/redis_server.h"
#include "support/shared_sessions.h"

namespace kirsch::test {
namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto place = text.find(from);
  if (place == std::string::npos) throw std::runtime_error("the README does not say " + from);
  return text.replace(place, from.size(), to);
}

// nginx as the README has it, without TLS, on a socket in a folder of its own.
class Nginx {
 public:
  Nginx(const Server& one, const Server& other)
      : process_({"nginx", "-p", folder_.path().string(), "-c", configuration(one, other).string(), "-e", "stderr"}) {
    until([this] {
      try {
        return Client(socket()).send(simple_get("/"));
      } catch (const std::exception&) {
        return false;
      }
    });
  }
  std::string socket() const { return (folder_.path() / "socket").string(); }

 private:
  std::filesystem::path configuration(const Server& one, const Server& other) const {
    std::string site;
    for (const auto& block : blocks(contents_of(source_folder() / "modules/session_redis/README.md"))) {
      if (block.language == "nginx") site = block.text;
    }
    site = replaced(site, "10.0.0.11:8080", "127.0.0.1:" + std::to_string(one.port()));
    site = replaced(site, "10.0.0.12:8080", "127.0.0.1:" + std::to_string(other.port()));
    site = replaced(site, "listen 443 ssl;", "listen unix:" + socket() + ";");
    site =
        replaced(site, "  ssl_certificate /etc/ssl/shop.pem;\n  ssl_certificate_key /etc/ssl/private/shop.pem;\n", "");
    std::string folders;
    for (const std::string kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
      folders += kind + "_temp_path " + kind + ";\n";
    return folder_.write(
        "nginx.conf",
        "daemon off;\nmaster_process off;\npid pid;\nevents {}\nhttp {\naccess_log off;\n" + folders + site + "}\n");
  }

  TemporaryFolder folder_;
  Process process_;
};

TEST(SessionRedisBehindNginx, LetsServersShareALogin) {
  RedisServer redis;
  const auto named = [&](const std::string& name) {
    return visitors("", "{ redis: { url: \"" + redis.url() + "\", timeout: 20s } }") +
           "tools: { response_headers: { set: { X-Served-By: " + name + " } } }\n";
  };
  const Server here(named("here"));
  Server there(named("there"));
  const Nginx nginx(here, there);
  const auto ask = [&](const std::string& target, const std::string& id) {
    Client client(nginx.socket());
    client.send("GET " + target + " HTTP/1.1\r\nHost: a\r\n" + cookie_field(id) + "\r\n");
    return client.read();
  };
  const auto id = cookie_of(ask("/?login=ada&count", {}));
  std::set<std::string> served_by;
  for (int visit = 2; visit <= 10; ++visit) {
    const auto answer = ask("/?count", id);
    EXPECT_EQ(answer.body, "old\nkirsch.user=ada\nn=" + std::to_string(visit) + "\n");
    served_by.insert(answer.field("X-Served-By").value_or(""));
  }
  EXPECT_EQ(served_by, (std::set<std::string>{"here", "there"}));
  there.stop();
  for (int visit = 11; visit <= 14; ++visit)
    EXPECT_EQ(ask("/?count", id).body, "old\nkirsch.user=ada\nn=" + std::to_string(visit) + "\n");
  EXPECT_EQ(ask("/?expire", id).status, 200);
  EXPECT_EQ(ask("/", id).body, "new\n");
}

}  // namespace
}  // namespace kirsch::test
