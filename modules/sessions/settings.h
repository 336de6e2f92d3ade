// The options of the tool, with the names that CherryPy gave them where it has them.
#pragma once

#include <kirsch/options.h>
#include <kirsch/session_storage.h>

namespace sessions {

using Milliseconds = std::chrono::milliseconds;

enum class OfScheme : std::uint8_t { automatic };  // as the request came
constexpr auto kirsch_names(OfScheme) { return std::array<std::string_view, 1>{"auto"}; }

enum class SameSite : std::uint8_t { lax, strict, none };
constexpr auto kirsch_names(SameSite) { return std::array<std::string_view, 3>{"lax", "strict", "none"}; }

enum class Locking : std::uint8_t { implicit, early, explicit_ };
constexpr auto kirsch_names(Locking) { return std::array<std::string_view, 3>{"implicit", "early", "explicit"}; }

enum class OnError : std::uint8_t { fail, degrade };
constexpr auto kirsch_names(OnError) { return std::array<std::string_view, 2>{"fail", "degrade"}; }

struct Settings {
  kirsch::Provider<kirsch::SessionStorage> storage;
  std::string name;
  std::string path;
  std::string domain;
  std::variant<bool, OfScheme> secure;
  bool httponly = true;
  SameSite samesite{};
  bool partitioned = false;
  bool persistent = false;
  Milliseconds timeout{};
  std::optional<Milliseconds> absolute_timeout;
  std::optional<Milliseconds> rotation;
  Locking locking{};
  Milliseconds lock_timeout{};
  Milliseconds lock_lease{};
  std::optional<Milliseconds> clean_freq;
  kirsch::Size max_size;
  OnError on_error{};

  static constexpr std::int64_t second = 1'000'000'000;
  static constexpr std::int64_t year = 366 * 86'400 * second;

  static constexpr auto options = kirsch::options(
      kirsch::opt<&Settings::storage>("storage", kirsch::required, "where sessions are kept"),
      kirsch::opt<&Settings::name>("name", "__Host-sid", "name of the cookie"),
      kirsch::opt<&Settings::path>("path", "/", "Path of the cookie"),
      kirsch::opt<&Settings::domain>("domain", "\"\"", "Domain of the cookie; empty: this host alone"),
      kirsch::opt<&Settings::secure>("secure", "true", "Secure; auto: where the request came over TLS"),
      kirsch::opt<&Settings::httponly>("httponly", "true", "HttpOnly: no script sees the cookie"),
      kirsch::opt<&Settings::samesite>("samesite", "lax", "SameSite"),
      kirsch::opt<&Settings::partitioned>("partitioned", "false",
                                          "Partitioned: one for each site that embeds this one"),
      kirsch::opt<&Settings::persistent>("persistent", "false", "the cookie outlives the browser, for `timeout`"),
      kirsch::opt<&Settings::timeout>("timeout", "30m", "a session ends when it was not used for so long")
          .range(1'000'000, year),
      kirsch::opt<&Settings::absolute_timeout>("absolute_timeout", "12h", "a session ends this long after its login"),
      kirsch::opt<&Settings::rotation>("rotation", "off", "after this time a session gets another id"),
      kirsch::opt<&Settings::locking>("locking", "implicit", "when the session is locked"),
      kirsch::opt<&Settings::lock_timeout>("lock_timeout", "5s", "after waiting for so long: 503")
          .range(0, 3600 * second),
      kirsch::opt<&Settings::lock_lease>("lock_lease", "30s", "after this time others may take a lock away")
          .range(second, 86'400 * second),
      kirsch::opt<&Settings::clean_freq>("clean_freq", "5m", "how often sessions that have ended are swept away"),
      kirsch::opt<&Settings::max_size>("max_size", "64KiB", "a session holds no more").range(64, (1 << 20) - 9),
      kirsch::opt<&Settings::on_error>("on_error", "fail", "without a storage: 503, or on without a session"));

  bool always_secure() const { return secure == std::variant<bool, OfScheme>(true); }
  bool never_secure() const { return secure == std::variant<bool, OfScheme>(false); }

  // Throws kirsch::OptionError for what no browser would take, or what contradicts itself.
  void check() const;
};

}  // namespace sessions
