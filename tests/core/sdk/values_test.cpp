// From the host's values to the members of an option struct.
#include <gtest/gtest.h>
#include <kirsch/options.h>

namespace kirsch {

enum class Colour : std::uint8_t { red, green };
constexpr auto kirsch_names(Colour) { return std::array<std::string_view, 2>{"red", "green"}; }

namespace {

kirsch_value boolean(bool value) {
  kirsch_value made{KIRSCH_VALUE_BOOLEAN, 0, {}};
  made.as.boolean = value ? 1 : 0;
  return made;
}
kirsch_value integer(std::int64_t value) {
  kirsch_value made{KIRSCH_VALUE_INTEGER, 0, {}};
  made.as.integer = value;
  return made;
}
kirsch_value number(double value) {
  kirsch_value made{KIRSCH_VALUE_NUMBER, 0, {}};
  made.as.number = value;
  return made;
}
kirsch_value words(std::string_view value) {
  kirsch_value made{KIRSCH_VALUE_TEXT, 0, {}};
  made.as.text = text(value);
  return made;
}
kirsch_value items(kirsch_value_kind kind, const std::vector<kirsch_value>& values, std::size_t count) {
  kirsch_value made{static_cast<std::uint32_t>(kind), static_cast<std::uint32_t>(count), {}};
  made.as.items = values.data();
  return made;
}
kirsch_value nothing() { return {KIRSCH_VALUE_NONE, 0, {}}; }

template <class Type>
Type read_as(const kirsch_value& value) {
  Type made{};
  read(value, made);
  return made;
}

TEST(Values, of_simple_types_arrive) {
  EXPECT_TRUE(read_as<bool>(boolean(true)));
  EXPECT_FALSE(read_as<bool>(boolean(false)));
  EXPECT_EQ(read_as<std::int16_t>(integer(-300)), -300);
  EXPECT_EQ(read_as<std::uint64_t>(integer(std::numeric_limits<std::int64_t>::max())),
            static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
  EXPECT_DOUBLE_EQ(read_as<double>(number(0.25)), 0.25);
  EXPECT_EQ(read_as<std::string>(words(std::string_view("a\0b", 3))), std::string("a\0b", 3));
  EXPECT_EQ(read_as<Path>(words("/srv/www")).text, "/srv/www");
  EXPECT_EQ(read_as<Secret>(words("hunter2")).text, "hunter2");
  EXPECT_EQ(read_as<Size>(integer(65536)).bytes, 65536u);
  EXPECT_EQ(read_as<Colour>(integer(1)), Colour::green);
}

TEST(Values, of_durations_are_nanoseconds_in_any_unit) {
  EXPECT_EQ(read_as<std::chrono::seconds>(integer(90'000'000'000)).count(), 90);
  EXPECT_EQ(read_as<std::chrono::milliseconds>(integer(1'500'000)).count(), 1);
  EXPECT_EQ(read_as<std::chrono::nanoseconds>(integer(7)).count(), 7);
  EXPECT_DOUBLE_EQ(read_as<std::chrono::duration<double>>(integer(1'500'000'000)).count(), 1.5);
}

TEST(Values, of_lists_may_be_of_booleans) {
  const std::vector<kirsch_value> values{boolean(true), boolean(false)};
  EXPECT_EQ(read_as<std::vector<bool>>(items(KIRSCH_VALUE_LIST, values, 2)), (std::vector<bool>{true, false}));
}

TEST(Values, of_lists_replace_what_was_there) {
  const std::vector<kirsch_value> values{integer(3), integer(4)};
  std::vector<std::int64_t> out{9, 9, 9};
  read(items(KIRSCH_VALUE_LIST, values, 2), out);
  EXPECT_EQ(out, (std::vector<std::int64_t>{3, 4}));
  read(items(KIRSCH_VALUE_LIST, {}, 0), out);
  EXPECT_TRUE(out.empty());
}

TEST(Values, of_maps_keep_the_order_of_the_file_where_asked) {
  const std::vector<kirsch_value> values{words("zebra"), words("1"), words("ant"), words("2")};
  const auto map = items(KIRSCH_VALUE_MAP, values, 2);
  using Ordered = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(read_as<Ordered>(map), (Ordered{{"zebra", "1"}, {"ant", "2"}}));
  using Sorted = std::map<std::string, std::string>;
  EXPECT_EQ(read_as<Sorted>(map), (Sorted{{"ant", "2"}, {"zebra", "1"}}));
}

struct Inner {
  bool on = false;
  std::vector<std::string> names;
  static constexpr auto options =
      kirsch::options(opt<&Inner::on>("on", "true", ""), opt<&Inner::names>("names", "[]", ""));
};
struct Outer {
  std::int32_t before = 0;
  Inner inner;
  std::string after;
  static constexpr auto options =
      kirsch::options(opt<&Outer::before>("before", "0", ""), opt<&Outer::inner>("inner", "{}", ""),
                      opt<&Outer::after>("after", "", ""));
};

TEST(Values, of_structures_follow_the_order_of_the_declaration) {
  const std::vector<kirsch_value> names{words("a"), words("b")};
  const std::vector<kirsch_value> inner{boolean(true), items(KIRSCH_VALUE_LIST, names, 2)};
  const std::vector<kirsch_value> outer{integer(5), items(KIRSCH_VALUE_STRUCT, inner, 2), words("end")};
  const auto made = read_as<Outer>(items(KIRSCH_VALUE_STRUCT, outer, 3));
  EXPECT_EQ(made.before, 5);
  EXPECT_TRUE(made.inner.on);
  EXPECT_EQ(made.inner.names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(made.after, "end");
}

TEST(Values, that_are_off_leave_an_optional_empty) {
  std::optional<std::int64_t> out = 4;
  read(nothing(), out);
  EXPECT_FALSE(out.has_value());
  read(integer(8), out);
  EXPECT_EQ(out, 8);
}

TEST(Values, of_alternatives_choose_by_their_index) {
  using Either = std::variant<bool, std::string>;
  const std::vector<kirsch_value> chosen{words("yes")};
  EXPECT_EQ(read_as<Either>(items(KIRSCH_VALUE_CHOICE, chosen, 1)), Either(std::string("yes")));
  const std::vector<kirsch_value> other{boolean(true)};
  EXPECT_EQ(read_as<Either>(items(KIRSCH_VALUE_CHOICE, other, 0)), Either(true));
}

struct Table {};

TEST(Values, of_providers_carry_table_and_instance) {
  const Table table;
  int instance = 0;
  kirsch_value value{KIRSCH_VALUE_SERVICE, 0, {}};
  value.as.service = {&table, &instance};
  const auto made = read_as<Provider<Table>>(value);
  EXPECT_EQ(made.table, &table);
  EXPECT_EQ(made.self, &instance);
}

kirsch_address version_4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, a, b, c, d}, 0, 4};
}

Cidr network(const kirsch_address& address, unsigned prefix) {
  std::string bytes(reinterpret_cast<const char*>(address.bytes), 16);
  bytes += static_cast<char>(prefix);
  return read_as<Cidr>(words(bytes));
}

TEST(Cidr, contains_exactly_the_addresses_of_its_network) {
  const auto ten = network(version_4(10, 0, 0, 0), 96 + 8);
  EXPECT_TRUE(ten.contains(version_4(10, 0, 0, 0)));
  EXPECT_TRUE(ten.contains(version_4(10, 255, 255, 255)));
  EXPECT_FALSE(ten.contains(version_4(11, 0, 0, 0)));
  EXPECT_FALSE(ten.contains(version_4(9, 255, 255, 255)));
  const auto odd = network(version_4(192, 168, 4, 0), 96 + 22);
  EXPECT_TRUE(odd.contains(version_4(192, 168, 7, 255)));
  EXPECT_FALSE(odd.contains(version_4(192, 168, 8, 0)));
  const auto single = network(version_4(127, 0, 0, 1), 128);
  EXPECT_TRUE(single.contains(version_4(127, 0, 0, 1)));
  EXPECT_FALSE(single.contains(version_4(127, 0, 0, 2)));
}

TEST(Cidr, keeps_the_two_families_apart_and_refuses_unix_peers) {
  const kirsch_address documentation{{0x20, 0x01, 0x0d, 0xb8}, 0, 6};
  const kirsch_address inside{{0x20, 0x01, 0x0d, 0xb8, 0, 1}, 0, 6};
  const auto six = network(documentation, 32);
  EXPECT_TRUE(six.contains(inside));
  EXPECT_FALSE(six.contains(version_4(10, 0, 0, 1)));
  const auto everything = network({}, 0);
  EXPECT_TRUE(everything.contains(inside));
  EXPECT_TRUE(everything.contains(version_4(10, 0, 0, 1)));
  EXPECT_FALSE(everything.contains(kirsch_address{{}, 0, 1})) << "a unix socket has no address";
  EXPECT_FALSE(everything.contains(kirsch_address{})) << "an unknown peer is in no network";
}

}  // namespace
}  // namespace kirsch
