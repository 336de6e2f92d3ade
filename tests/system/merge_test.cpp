// Which tools a path gets and in which order they run: priorities, declaration, failsafe, levels, `use`, `off`.
#include <gtest/gtest.h>

#include "orders.h"

namespace kirsch::test {
namespace {

// The labels that ran at one hook point, such as "a b c".
std::string at(std::string_view point, const std::string& order) {
  std::string labels;
  std::string_view rest = order;
  while (!rest.empty()) {
    const auto word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    const auto colon = word.find(':');
    if (colon == std::string_view::npos || word.substr(colon + 1) != point) continue;
    if (!labels.empty()) labels += ' ';
    labels += word.substr(0, colon);
  }
  return labels;
}

std::string order_of(const Server& server, std::string_view target) {
  Orders orders(server);
  get(server, target);
  return orders.next();
}

TEST(Priorities, of_the_module_come_before_the_order_of_declaration) {
  const Server server(
      loopback("paths: { /: { handler: { recorder: {} }, tools: { recorder_late: { label: late }, recorder: { label: a "
               "}, recorder_second: { label: b }, recorder_early: { label: early } } } }\n"));
  const auto order = order_of(server, "/");
  EXPECT_EQ(at("before_handler", order), "early a b late") << order;
  EXPECT_EQ(at("before_finalize", order), "late a b early") << "all at the default, in order of declaration: " << order;
}

TEST(Priorities, of_the_yaml_come_before_those_of_the_module) {
  const Server server(loopback(
      "paths: { /: { handler: { recorder: {} }, tools: { recorder: { label: a, priority: 95 }, recorder_late: { label: "
      "late, priority: 20 }, recorder_early: { label: early, priority: 30 } } } }\n"));
  const auto order = order_of(server, "/");
  for (const std::string_view point : {"on_start_resource", "before_handler", "before_finalize", "on_end_request"}) {
    EXPECT_EQ(at(point, order), "late early a") << order;
  }
}

TEST(Failsafe, hooks_run_although_an_earlier_one_of_their_point_failed) {
  const Server server(
      loopback("paths: { /: { handler: { recorder: {} }, tools: { recorder: { label: a, fail_at: before_handler, "
               "fault: error }, "
               "recorder_second: { label: b }, recorder_failsafe: { label: f } } } }\n"));
  const auto order = order_of(server, "/");
  EXPECT_EQ(at("before_request_body", order), "a b f") << order;
  EXPECT_EQ(at("before_handler", order), "a f") << order;
  EXPECT_EQ(at("before_finalize", order), "a b f") << order;
  EXPECT_EQ(at("before_error_response", order), "") << order;
}

TEST(Failsafe, hooks_of_before_finalize_still_shape_the_bare_answer) {
  const Server server(
      loopback("paths: { /: { handler: { recorder: {} }, tools: { recorder: { label: a, fail_at: before_finalize }, "
               "recorder_second: { label: b }, recorder_failsafe: { label: f } } } }\n"));
  Orders orders(server);
  const auto response = get(server, "/");
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.field("X-Recorder"), "was here");
  const auto order = orders.next();
  EXPECT_EQ(at("before_finalize", order), "a f") << order;
  EXPECT_EQ(at("on_end_resource", order), "a b f") << order;
  EXPECT_EQ(at("on_end_request", order), "a b f") << order;
}

TEST(Failsafe, is_not_needed_where_hooks_only_clean_up) {
  const Server server(
      loopback("paths: { /: { handler: { recorder: {} }, tools: { recorder: { label: a, fail_at: on_end_request }, "
               "recorder_failsafe: { label: f } } } }\n"));
  EXPECT_EQ(at("on_end_request", order_of(server, "/")), "a f");
}

class Merge : public ::testing::Test {
 protected:
  std::string order_of(std::string_view target) {
    get(server_, target);
    return orders_.next();
  }

  const Server server_{loopback(R"(
tools: { recorder: { label: top } }
pipelines:
  extra: { recorder_second: { label: extra }, recorder_early: { label: extra-early } }
sites:
  - hosts: [default]
    tools: { recorder: { label: site } }
    paths:
      /: { handler: { recorder: {} } }
      = /: { handler: { recorder: {} }, tools: { recorder: { label: root-alone } } }
      /a/: { tools: { recorder: { label: prefix }, recorder_late: { label: late } } }
      /a/b: { tools: { recorder: { label: exact } } }
      /a/off: { tools: { recorder: off } }
      /a/quiet: { tools: { recorder: { on: false } } }
      /a/loud: { tools: { recorder: { on: true, label: loud } } }
      /use/: { tools: { use: [extra], recorder_second: { label: own } } }
      /use/less: { tools: { recorder_early: off } }
  - hosts: [other.example]
    paths: { /: { handler: { recorder: {} } } }
)")};
  Orders orders_{server_};
};

TEST_F(Merge, takes_the_innermost_value_of_an_option) {
  EXPECT_EQ(at("before_finalize", order_of("/nothing/special")), "site");
}
TEST_F(Merge, knows_the_root_alone) { EXPECT_EQ(at("before_finalize", order_of("/")), "root-alone"); }
TEST_F(Merge, applies_a_prefix_to_everything_below_it) {
  EXPECT_EQ(at("before_finalize", order_of("/a/any/thing")), "prefix late");
}
TEST_F(Merge, lets_an_exact_path_have_the_last_word) {
  EXPECT_EQ(at("before_finalize", order_of("/a/b")), "exact late");
}
TEST_F(Merge, removes_a_tool_that_is_off) {
  EXPECT_EQ(at("before_finalize", order_of("/a/off")), "late");
  EXPECT_EQ(at("before_finalize", order_of("/a/loud")), "loud late");
}
TEST_F(Merge, removes_a_tool_whose_on_is_false) { EXPECT_EQ(at("before_finalize", order_of("/a/quiet")), "late"); }
TEST_F(Merge, puts_the_tools_of_a_named_pipeline_below_the_own_ones) {
  const auto order = order_of("/use/it");
  EXPECT_EQ(at("before_finalize", order), "site own extra-early") << order;
  EXPECT_EQ(at("before_handler", order), "extra-early site own") << order;
}
TEST_F(Merge, keeps_the_tools_of_a_pipeline_further_down) {
  EXPECT_EQ(at("before_finalize", order_of("/use/less")), "site own");
}
TEST_F(Merge, gives_another_site_only_the_top_level) {
  get(server_, "/a/b", "Host: other.example\r\n");
  EXPECT_EQ(at("before_finalize", orders_.next()), "top");
}

TEST(Answer, of_a_tool_skips_what_is_left_before_before_finalize) {
  const Server server(
      loopback("paths: { /: { handler: { recorder: {} }, tools: { recorder: {}, answerer: { priority: 60 } } } }\n"));
  Orders orders(server);
  const auto response = get(server, "/");
  EXPECT_EQ(response.status, 203);
  EXPECT_EQ(response.body, "answered early\n");
  EXPECT_EQ(orders.next(),
            "on_start_resource before_request_body before_handler before_finalize on_end_resource on_end_request");
}

TEST(Answer, for_a_path_without_a_handler_runs_all_hooks) {
  const Server server(loopback("tools: { recorder: {} }\npaths: { /here: { handler: { recorder: {} } } }\n"));
  Orders orders(server);
  EXPECT_EQ(get(server, "/there").status, 404);
  EXPECT_EQ(orders.next(),
            "on_start_resource before_request_body before_handler before_finalize on_end_resource on_end_request");
}

TEST(Answer, of_a_streamed_upload_takes_the_body_between_its_hooks) {
  const Server server(loopback("paths: { /: { handler: { recorder_body: {} }, tools: { recorder: {} } } }\n"));
  Orders orders(server);
  EXPECT_EQ(request(server, "POST", "/", {}, "x").status, 200);
  EXPECT_EQ(orders.next(),
            "on_start_resource before_request_body body before_handler handler before_finalize on_end_resource "
            "on_end_request");
}

}  // namespace
}  // namespace kirsch::test
