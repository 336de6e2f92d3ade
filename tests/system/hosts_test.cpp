// Sites by host and by listener.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/client.h"

namespace kirsch::test {
namespace {

TEST(Hosts, choose_the_site) {
  const Server server(
      loopback("sites:\n"
               "  - hosts: [one.example]\n    paths: { /: { handler: { deliver_view: { bytes: one } } } }\n"
               "  - hosts: [\"*.two.example\"]\n    paths: { /: { handler: { deliver_view: { bytes: two } } } }\n"));
  EXPECT_EQ(get(server, "/", "Host: one.example\r\n").body, "one");
  EXPECT_EQ(get(server, "/", "Host: ONE.example:99\r\n").body, "one");
  EXPECT_EQ(get(server, "/", "Host: a.two.example\r\n").body, "two");
  for (const std::string_view host : {"two.example", "three.example", "one.example.evil"}) {
    const auto status = get(server, "/", "Host: " + std::string(host) + "\r\n").status;
    EXPECT_TRUE(status == 404 || status == 421) << host << " got " << status;
  }
}

TEST(Hosts, of_refused_messages_choose_the_site_where_they_are_known) {
  const Server server(
      loopback("sites:\n"
               "  - hosts: [one.example]\n    tools: { response_headers: { set: { X-Site: one } } }\n"
               "    paths: { /: { handler: { deliver_view: {} } } }\n"
               "  - hosts: [default]\n    tools: { response_headers: { set: { X-Site: default } } }\n"
               "    paths: { /: { handler: { deliver_view: {} } } }\n"));
  const auto site = [&](const std::string& fields, int status) {
    Client client(server);
    client.send("GET / HTTP/1.1\r\n" + fields + "\r\n\r\n");
    const auto answer = client.read();
    EXPECT_EQ(answer.status, status) << fields;
    return answer.field("X-Site").value_or("");
  };
  EXPECT_EQ(site("Host: One.example\r\nExpect: something", 417), "one");
  EXPECT_EQ(site("Content-Length: x\r\nHost: one.example:80", 400), "one");
  EXPECT_EQ(site("Host: one.example\r\nX: " + std::string(20'000, 'x'), 431), "one");
  EXPECT_EQ(site("Host: other.example\r\nExpect: something", 417), "default");
  EXPECT_EQ(site("Host: one.example\r\nHost: one.example", 400), "default");
  EXPECT_EQ(site("Host: one.example:x", 400), "default");
}

TEST(Hosts, without_a_site_go_to_the_default_one) {
  const Server server(
      loopback("sites:\n"
               "  - hosts: [one.example]\n    paths: { /: { handler: { deliver_view: { bytes: one } } } }\n"
               "  - hosts: [default]\n    paths: { /: { handler: { deliver_view: { bytes: default } } } }\n"));
  EXPECT_EQ(get(server, "/", "Host: other.example\r\n").body, "default");
}

TEST(Listeners, have_sites_of_their_own) {
  const Server server(
      "version: 1\nlisteners: { a: { bind: \"127.0.0.1:0\" }, b: { bind: \"127.0.0.1:0\" }, c: { bind: "
      "\"unix:socket\" } }\n"
      "sites:\n"
      "  - hosts: [default]\n    listeners: [a]\n    paths: { /: { handler: { deliver_view: { bytes: only-a } } } }\n"
      "  - hosts: [default]\n    listeners: [b, c]\n    paths: { /: { handler: { deliver_view: { bytes: b-and-c } } } "
      "}\n");
  ASSERT_EQ(server.listeners(), 3u);
  Client a(server.port(0));
  Client b(server.port(1));
  Client c(server.socket_path(2));
  for (auto* client : {&a, &b, &c}) client->send(simple_get("/"));
  EXPECT_EQ(a.read().body, "only-a");
  EXPECT_EQ(b.read().body, "b-and-c");
  EXPECT_EQ(c.read().body, "b-and-c");
}

TEST(Listeners, give_a_unix_socket_to_those_who_may_connect) {
  const auto group = std::to_string(::getgid());
  const Server server("version: 1\nlisteners: { main: { bind: \"unix:socket\", mode: \"0620\", group: \"" + group +
                      "\" } }\npaths: { /: { handler: { deliver_view: { bytes: here } } } }\n");
  struct stat status {};
  ASSERT_EQ(::stat(server.socket_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0620u);
  EXPECT_EQ(status.st_gid, ::getgid());
  Client client(server.socket_path());
  client.send(simple_get("/"));
  EXPECT_EQ(client.read().body, "here");
}

}  // namespace
}  // namespace kirsch::test
