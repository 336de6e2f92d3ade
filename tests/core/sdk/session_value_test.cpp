// The form of what a session holds.
#include <gtest/gtest.h>
#include <kirsch/session_value.h>

#include <algorithm>
#include <array>
#include <limits>

namespace kirsch {
namespace {

template <class Type>
SessionValue stored(std::string& bytes, const Type& value) {
  bytes.clear();
  detail::append_value(bytes, "name", value);
  return SessionValue(SessionKind::map, bytes).find("name").value();
}

TEST(SessionValues, come_back_as_they_went) {
  std::string bytes;
  EXPECT_EQ(stored(bytes, true).as<bool>(), true);
  EXPECT_EQ(stored(bytes, false).as<bool>(), false);
  for (const auto number : {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::min(),
                            std::numeric_limits<std::int64_t>::max()})
    EXPECT_EQ(stored(bytes, number).as<std::int64_t>(), number);
  for (const auto number : {0.0, -1.5, 1e300, std::numeric_limits<double>::infinity()})
    EXPECT_EQ(stored(bytes, number).as<double>(), number);
  for (const auto* text : {"", "x", "two words"}) EXPECT_EQ(stored(bytes, text).as<std::string>(), text);
  const std::array<std::byte, 3> raw{std::byte{1}, std::byte{0}, std::byte{255}};
  const auto span = stored(bytes, raw).as<std::span<const std::byte>>();
  EXPECT_TRUE(std::equal(span->begin(), span->end(), raw.begin(), raw.end()));
}

TEST(SessionValues, are_no_others_than_they_are) {
  std::string bytes;
  EXPECT_EQ(stored(bytes, 1).as<bool>(), std::nullopt);
  EXPECT_EQ(stored(bytes, 1).as<std::string>(), std::nullopt);
  EXPECT_EQ(stored(bytes, "1").as<int>(), std::nullopt);
  EXPECT_EQ(stored(bytes, 1.0).as<int>(), std::nullopt);
  EXPECT_EQ(stored(bytes, 3).as<double>(), 3.0);
  EXPECT_EQ(stored(bytes, 256).as<std::uint8_t>(), std::nullopt);
  EXPECT_EQ(stored(bytes, -1).as<std::uint64_t>(), std::nullopt);
  EXPECT_EQ(stored(bytes, "x").as<std::span<const std::byte>>(), std::nullopt);
  EXPECT_THROW(stored(bytes, std::numeric_limits<std::uint64_t>::max()), std::length_error);
}

TEST(SessionValues, hold_lists_and_maps) {
  std::string bytes;
  const auto list = stored(bytes, SessionList().add("a").add(1).add(SessionMap().add("b", true)));
  std::vector<SessionKind> kinds;
  for (const auto& [name, value] : list) {
    EXPECT_EQ(name, "");
    kinds.push_back(value.kind());
    if (value.kind() == SessionKind::map) {
      EXPECT_EQ(value.find("b")->as<bool>(), true);
    }
  }
  EXPECT_EQ(kinds, (std::vector{SessionKind::string, SessionKind::integer, SessionKind::map}));
  EXPECT_EQ(list.begin(), list.begin());
  EXPECT_EQ(SessionValue(SessionKind::string, "x").begin(), SessionValue().end());
}

TEST(SessionValues, end_where_their_bytes_are_cut) {
  std::string bytes;
  detail::append_value(bytes, "first", 1);
  const auto one = bytes.size();
  detail::append_value(bytes, "second", "text");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const SessionValue cut(SessionKind::map, std::string_view(bytes).substr(0, size));
    int entries = 0;
    for (auto entry = cut.begin(); entry != cut.end(); ++entry) ++entries;
    EXPECT_EQ(entries, size < one ? 0 : 1) << size;
  }
}

}  // namespace
}  // namespace kirsch
