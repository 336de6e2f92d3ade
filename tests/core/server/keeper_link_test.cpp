// What a server tells its keeper of itself.
#include "server/keeper_link.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <new>

#include "server/status.h"

namespace kirsch::server {
namespace {

constexpr std::chrono::seconds patience(60);

TEST(KeeperLink, goes_on_where_a_question_cannot_be_answered) {
  auto [keeper, server] = net::MessageChannel::pair();
  KeeperLink::Orders orders;
  orders.load = [] { return Loops::Load{}; };
  orders.details = []() -> std::string { throw std::bad_alloc(); };
  KeeperLink* link = nullptr;
  orders.prepare = [&](std::uint64_t number, Handover, std::vector<BoundListener>, TlsSecrets) {
    link->result(number, base::ExitCode::ok, "prepared");
  };
  KeeperLink of_server(std::move(server), std::move(orders));
  link = &of_server;
  of_server.start();

  keeper.send("details");
  const auto details = keeper.receive(patience);
  ASSERT_TRUE(details);
  EXPECT_EQ(details->type, "details");
  EXPECT_EQ(details->body, "");
  keeper.send("load");
  const auto load = keeper.receive(patience);
  ASSERT_TRUE(load);
  EXPECT_EQ(load->body, "0 0 0");
  keeper.send("prepare", "7");
  const auto result = keeper.receive(patience);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->body, "7\n0\nprepared");
}

TEST(Status, is_cut_between_lines_and_says_so) {
  const std::string all = "generation 1 0 0\nmetric a 1\nmetric b 2\nmetric c 3\n";
  EXPECT_EQ(shortened(all, all.size()), all);
  EXPECT_EQ(shortened(all, all.size() - 1), "generation 1 0 0\nleft_out 3\n");
  std::string many;
  for (int line = 0; line < 1000; ++line) many += "metric things{of=\"" + std::to_string(line) + "\"} 1\n";
  const auto cut = shortened(many, 4096);
  EXPECT_LE(cut.size(), 4096u);
  const auto kept = std::count(cut.begin(), cut.end(), '\n') - 1;
  EXPECT_TRUE(cut.ends_with("} 1\nleft_out " + std::to_string(1000 - kept) + '\n')) << cut;
}

}  // namespace
}  // namespace kirsch::server
