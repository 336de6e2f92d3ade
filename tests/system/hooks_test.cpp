// Which hooks run in which order, for every hook point and every way in which a request can end.
#include <gtest/gtest.h>

#include "orders.h"

namespace kirsch::test {
namespace {

constexpr auto normal =
    "on_start_resource before_request_body before_handler handler before_finalize on_end_resource on_end_request";
constexpr auto tail = "before_finalize on_end_resource on_end_request";
constexpr auto error_tail = "before_error_response after_error_response before_finalize on_end_resource on_end_request";
constexpr std::string_view before_answer[] = {"on_start_resource", "before_request_body", "before_handler", "handler"};

// The steps up to `point`, it included.
std::string up_to(std::string_view point) {
  std::string steps;
  for (const auto step : before_answer) {
    steps.append(step).append(" ");
    if (step == point) return steps;
  }
  throw std::logic_error("not a point before the answer");
}

std::string path_of(std::string_view point, std::string_view fault) {
  return "/" + std::string(point) + "/" + std::string(fault);
}

// For each execution class: the same tool on a path per hook point and fault.
class Hooks : public ::testing::TestWithParam<std::string_view> {
 protected:
  // Paths /POINT/FAULT for these points; /ok for none.
  static std::string yaml(std::string_view tool) {
    std::string text = loopback("server: { loops: 1 }\npaths:\n");
    text += "  /ok: { handler: { recorder: {} }, tools: { " + std::string(tool) + ": {} } }\n";
    for (const std::string_view point : {"on_start_resource", "before_request_body", "before_handler",
                                         "before_finalize", "on_end_resource", "on_end_request"}) {
      for (const std::string_view fault : {"exception", "number", "error", "redirect"}) {
        text.append("  ").append(path_of(point, fault)).append(": { handler: { recorder: {} }, tools: { ");
        text.append(tool).append(": { fail_at: ").append(point).append(", fault: ").append(fault).append(" } } }\n");
      }
    }
    for (const std::string_view fault : {"exception", "number", "error", "redirect"}) {
      const std::string handler = tool == "recorder_blocking" ? "recorder_blocking" : "recorder";
      text.append("  ").append(path_of("handler", fault)).append(": { handler: { ").append(handler);
      text.append(": { fault: ").append(fault).append(" } }, tools: { ").append(tool).append(": {} } }\n");
    }
    for (const std::string_view point : {"before_error_response", "after_error_response"}) {
      for (const std::string_view fault : {"exception", "number", "error", "redirect"}) {
        text.append("  ").append(path_of(point, fault));
        text.append(": { handler: { recorder: { fault: exception } }, tools: { ").append(tool);
        text.append(": { fail_at: ").append(point).append(", fault: ").append(fault).append(" } } }\n");
      }
    }
    return text;
  }
};

TEST_P(Hooks, run_in_the_order_of_a_request) {
  const Server server(yaml(GetParam()));
  Orders orders(server);
  const auto response = get(server, "/ok");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "recorded\n");
  EXPECT_EQ(orders.next(), normal);
}

TEST_P(Hooks, up_to_an_http_error_run_and_then_those_of_the_answer) {
  const Server server(yaml(GetParam()));
  Orders orders(server);
  for (const auto point : before_answer) {
    const auto response = get(server, path_of(point, "error"));
    EXPECT_EQ(response.status, 418) << point;
    EXPECT_EQ(response.field("X-Recorder"), "was here") << point;
    EXPECT_NE(response.body.find("short and stout"), std::string::npos) << response.body;
    EXPECT_EQ(orders.next(), up_to(point) + tail) << point;
  }
}

TEST_P(Hooks, up_to_a_redirect_run_and_then_those_of_the_answer) {
  const Server server(yaml(GetParam()));
  Orders orders(server);
  for (const auto point : before_answer) {
    const auto response = get(server, path_of(point, "redirect"));
    EXPECT_EQ(response.status, 303) << point;
    EXPECT_EQ(response.field("Location"), "/elsewhere") << point;
    EXPECT_EQ(response.field("X-Recorder"), "was here") << point;
    EXPECT_EQ(orders.next(), up_to(point) + tail) << point;
  }
}

TEST_P(Hooks, of_the_error_run_around_the_page_of_an_unexpected_error) {
  const Server server(yaml(GetParam()));
  Orders orders(server);
  for (const auto point : before_answer) {
    for (const std::string_view fault : {"exception", "number"}) {
      const auto response = get(server, path_of(point, fault));
      EXPECT_EQ(response.status, 500) << point;
      EXPECT_EQ(response.field("X-Recorder"), "was here") << point;
      EXPECT_EQ(response.raw.find("secret"), std::string::npos) << response.raw;
      EXPECT_EQ(orders.next(), up_to(point) + error_tail) << point;
    }
  }
}

TEST_P(Hooks, that_fail_in_before_finalize_leave_a_bare_answer_with_the_headers_so_far) {
  const Server server(yaml(GetParam()));
  Orders orders(server);
  for (const std::string_view fault : {"exception", "number", "error", "redirect"}) {
    const auto response = get(server, path_of("before_finalize", fault));
    EXPECT_EQ(response.field("X-Recorder"), "was here") << fault;
    EXPECT_EQ(response.body.find("recorded"), std::string::npos) << fault;
    EXPECT_EQ(response.raw.find("secret"), std::string::npos) << fault;
    EXPECT_EQ(response.status, fault == "error" ? 418 : fault == "redirect" ? 303 : 500) << fault;
    EXPECT_EQ(orders.next(), normal) << fault;
  }
}

TEST(FailedHooks, leave_the_worse_answer) {
  const auto both = [](const std::string& first, const std::string& last) {
    return ": { handler: { deliver_view: {} }, tools: { recorder: { fail_at: before_finalize, fault: " + first +
           " }, recorder_failsafe: { fail_at: before_finalize, fault: " + last + " } } }\n";
  };
  const Server server(loopback("paths:\n  /a" + both("exception", "error") + "  /b" + both("error", "exception")));
  EXPECT_EQ(get(server, "/a").status, 500);
  EXPECT_EQ(get(server, "/b").status, 500);
}

TEST_P(Hooks, that_fail_after_the_head_change_nothing_for_the_client) {
  const Server server(yaml(GetParam()));
  Orders orders(server);
  for (const std::string_view point : {"on_end_resource", "on_end_request"}) {
    for (const std::string_view fault : {"exception", "number", "error", "redirect"}) {
      const auto response = get(server, path_of(point, fault));
      EXPECT_EQ(response.status, 200) << point << fault;
      EXPECT_EQ(response.body, "recorded\n") << point << fault;
      EXPECT_EQ(orders.next(), normal) << point << fault;
    }
  }
  EXPECT_NE(server.log().find("the secret reason"), std::string::npos) << server.log();
}

TEST_P(Hooks, that_fail_around_an_error_page_do_not_start_another_round) {
  const Server server(yaml(GetParam()));
  Orders orders(server);
  for (const std::string_view point : {"before_error_response", "after_error_response"}) {
    for (const std::string_view fault : {"exception", "number", "error", "redirect"}) {
      const auto response = get(server, path_of(point, fault));
      EXPECT_GE(response.status, fault == "redirect" ? 300 : 400) << point << fault;
      EXPECT_EQ(response.field("X-Recorder"), "was here") << point << fault;
      EXPECT_EQ(response.body.find("recorded"), std::string::npos) << point << fault;
      EXPECT_EQ(orders.next(), up_to("handler") + error_tail) << point << fault;
    }
  }
}

TEST_P(Hooks, of_the_error_and_the_answer_run_for_a_malformed_message) {
  const Server server(loopback("server: { loops: 1 }\ntools: { " + std::string(GetParam()) +
                               ": {} }\npaths: { /: { handler: { recorder: {} } } }\n"));
  Orders orders(server);
  for (const std::string_view message :
       {"GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n broken: b\r\n\r\n", "\x01\x02\x03\r\n\r\n",
        "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n"}) {
    Client client(server);
    client.send(message);
    const auto response = client.read();
    EXPECT_EQ(response.status, 400) << message;
    EXPECT_EQ(response.field("X-Recorder"), "was here") << message;
    EXPECT_TRUE(client.closed_by_peer()) << message;
    EXPECT_EQ(orders.next(), error_tail) << message;
  }
}

TEST_P(Hooks, that_fail_for_a_malformed_message_run_at_most_once) {
  for (const std::string_view point :
       {"before_error_response", "after_error_response", "before_finalize", "on_end_resource", "on_end_request"}) {
    for (const std::string_view fault : {"exception", "error", "redirect"}) {
      if (sanitized() && fault != "exception") continue;  // each is a server
      const Server server(loopback("server: { loops: 1 }\ntools: { " + std::string(GetParam()) +
                                   ": { fail_at: " + std::string(point) + ", fault: " + std::string(fault) +
                                   " } }\npaths: { /: { handler: { recorder: {} } } }\n"));
      Orders orders(server);
      Client client(server);
      client.send("GET / HTTP/1.1\r\n\r\n");
      EXPECT_EQ(client.read().field("X-Recorder"), "was here") << point << fault;
      EXPECT_TRUE(client.closed_by_peer()) << point << fault;
      EXPECT_EQ(orders.next(), error_tail) << point << fault;
    }
  }
}

TEST_P(Hooks, of_a_body_that_breaks_in_the_middle_are_those_of_an_error_or_an_answer_once) {
  const Server server(yaml(GetParam()));
  Orders orders(server);
  Client client(server);
  client.send("POST /ok HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n");
  const auto response = client.read();
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.field("X-Recorder"), "was here");
  EXPECT_TRUE(client.closed_by_peer());
  const auto order = orders.next();
  EXPECT_EQ(order.rfind("on_start_resource before_request_body ", 0), 0u) << order;
  EXPECT_EQ(order.find("before_handler"), std::string::npos) << order;
  EXPECT_EQ(order.substr(order.size() - std::string_view(tail).size()), tail) << order;
}

INSTANTIATE_TEST_SUITE_P(EachClass, Hooks, ::testing::Values("recorder", "recorder_blocking", "recorder_async"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace kirsch::test
