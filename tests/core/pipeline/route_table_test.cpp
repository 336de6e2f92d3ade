// Which path answers a request, by pattern and by what each path demands beside it.
#include "pipeline/route_table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kirsch::pipeline {
namespace {

constexpr Methods get = method_bit(KIRSCH_METHOD_GET) | method_bit(KIRSCH_METHOD_HEAD);
constexpr Methods post = method_bit(KIRSCH_METHOD_POST);

kirsch_text text(std::string_view view) { return {view.data(), view.size()}; }

kirsch_request request(std::string_view path, kirsch_method method = KIRSCH_METHOD_GET) {
  kirsch_request made{};
  made.method = static_cast<std::uint16_t>(method);
  made.path = text(path);
  return made;
}

kirsch_address client(std::array<std::uint8_t, 4> bytes) {
  kirsch_address address{};
  address.family = 4;
  address.bytes[10] = address.bytes[11] = 0xff;
  std::copy(bytes.begin(), bytes.end(), address.bytes + 12);
  return address;
}

Network network(std::array<std::uint8_t, 4> bytes, unsigned prefix) {
  Network made;
  std::copy_n(client(bytes).bytes, made.address.size(), made.address.begin());
  made.prefix = static_cast<std::uint8_t>(96 + prefix);
  return made;
}

using Entry = RouteTable::Builder::Entry;

RouteTable table(std::vector<Entry> entries) {
  RouteTable::Builder builder;
  for (Entry& entry : entries) builder.add(std::move(entry));
  return std::move(builder).build();
}

TEST(RouteTable, FindsThePathOfThePattern) {
  const RouteTable routes = table({{.pattern = "/"}, {.pattern = "/api/"}, {.pattern = "/api/{name}"}});
  EXPECT_EQ(routes.find(request("/x"), {}).path, 0U);
  EXPECT_EQ(routes.find(request("/api/"), {}).path, 1U);
  const RouteMatch found = routes.find(request("/api/ann"), {});
  EXPECT_EQ(found.path, 2U);
  ASSERT_EQ(found.captures().size(), 1U);
  EXPECT_EQ(std::string(found.captures()[0].value.data, found.captures()[0].value.size), "ann");
  EXPECT_TRUE(routes.find(request("/api"), {}).redirect_to_slash);
}

TEST(RouteTable, TriesAlternativesInOrderAndThenWhatLiesAbove) {
  const RouteTable routes =
      table({{.pattern = "/"},
             {.pattern = "/api/", .conditions = {{.methods = get}}, .otherwise = 2},
             {.pattern = "/api/", .conditions = {{.methods = post}}, .otherwise = 0, .routed = false}});
  EXPECT_EQ(routes.find(request("/api/x", KIRSCH_METHOD_HEAD), {}).path, 1U);
  EXPECT_EQ(routes.find(request("/api/x", KIRSCH_METHOD_POST), {}).path, 2U);
  EXPECT_EQ(routes.find(request("/api/x", KIRSCH_METHOD_PUT), {}).path, 0U);
  EXPECT_TRUE(routes.find(request("/api"), {}).redirect_to_slash);
  EXPECT_FALSE(routes.find(request("/api", KIRSCH_METHOD_PUT), {}).redirect_to_slash);
}

TEST(RouteTable, NamesTheMethodsThatWouldBeAnsweredWhereNothingElseAnswers) {
  const RouteTable routes =
      table({{.pattern = "/", .answers = false},
             {.pattern = "/api/", .conditions = {{.methods = get}}, .otherwise = 2},
             {.pattern = "/api/", .conditions = {{.methods = post}}, .otherwise = 0, .routed = false},
             {.pattern = "/far", .conditions = {{.methods = get, .clients = {network({10, 0, 0, 0}, 8)}}}}});
  const RouteMatch put = routes.find(request("/api/x", KIRSCH_METHOD_PUT), {});
  EXPECT_EQ(put.allowed, get | post);
  EXPECT_EQ(method_list(put.allowed), "GET, HEAD, POST");
  // A client that may not know of it is not told.
  EXPECT_EQ(routes.find(request("/far", KIRSCH_METHOD_PUT), {}).allowed, 0U);
}

TEST(RouteTable, CapturesWhatThePathThatAnswersNames) {
  const RouteTable routes = table(
      {{.pattern = "/{user}/"}, {.pattern = "/{name}/{file}", .conditions = {{.methods = post}}, .otherwise = 0}});
  const RouteMatch found = routes.find(request("/ann/cv"), {});
  EXPECT_EQ(found.path, 0U);
  ASSERT_EQ(found.captures().size(), 1U);
  EXPECT_EQ(std::string(found.captures()[0].name.data, found.captures()[0].name.size), "user");
}

TEST(Condition, KnowsClientsByTheirNetwork) {
  const Network ten = network({10, 128, 0, 0}, 9);
  EXPECT_TRUE(ten.contains(client({10, 200, 1, 1})));
  EXPECT_FALSE(ten.contains(client({10, 127, 1, 1})));
  EXPECT_FALSE(ten.contains(client({11, 128, 0, 0})));
  EXPECT_TRUE(network({0, 0, 0, 0}, 0).contains(client({192, 0, 2, 1})));
  EXPECT_TRUE(network({192, 0, 2, 1}, 32).contains(client({192, 0, 2, 1})));
  EXPECT_FALSE(network({192, 0, 2, 1}, 32).contains(client({192, 0, 2, 2})));
  kirsch_address local{};
  local.family = 1;
  EXPECT_FALSE(network({0, 0, 0, 0}, 0).contains(local));
}

TEST(Condition, KnowsFieldsByNameAndValue) {
  const kirsch_field fields[] = {{"X-Beta", "2", 1, 6, 0}, {"x-beta", "1", 1, 6, 0}};
  kirsch_request made = request("/");
  made.fields = fields;
  made.field_count = 2;
  const auto holds = [&](FieldCondition one) { return Condition{.fields = {std::move(one)}}.rest_holds(made, {}); };
  EXPECT_TRUE(holds({.name = "X-BETA", .value = "1"}));
  EXPECT_FALSE(holds({.name = "X-Beta", .value = "3"}));
  EXPECT_TRUE(holds({.name = "X-Beta"}));
  EXPECT_FALSE(holds({.name = "X-Beta", .present = false}));
  EXPECT_TRUE(holds({.name = "X-Alpha", .present = false}));
}

}  // namespace
}  // namespace kirsch::pipeline
