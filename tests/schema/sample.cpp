// The modules that the corpus of configurations (tests/core/config) speaks of, so that their schema can be printed.
// They have options and do nothing.
#include <kirsch/module.h>

namespace sample {

struct Storage {
  static constexpr std::string_view id = "storage";
  std::uint32_t size;
};
struct App {
  static constexpr std::string_view id = "app";
  std::uint32_t size;
};

struct Hsts {
  std::chrono::seconds max_age{};
  bool preload = false;
  static constexpr auto options = kirsch::options(kirsch::opt<&Hsts::max_age>("max_age", "730d", ""),
                                                  kirsch::opt<&Hsts::preload>("preload", "false", ""));
};

struct Tool {
  void before_finalize(kirsch::Exchange&) const {}
};

struct SecureHeaders : Tool {
  std::string frame_options;
  std::optional<Hsts> hsts;
  static constexpr auto options =
      kirsch::options(kirsch::opt<&SecureHeaders::frame_options>("frame_options", "DENY", ""),
                      kirsch::opt<&SecureHeaders::hsts>("hsts", "{}", ""));
};

enum class SameSite { strict, lax, none };
constexpr auto kirsch_names(SameSite) { return std::array<std::string_view, 3>{"strict", "lax", "none"}; }

struct Sessions : Tool {
  std::chrono::seconds timeout{};
  bool secure = false;
  SameSite same_site{};
  kirsch::Provider<Storage> storage;
  static constexpr auto options = kirsch::options(
      kirsch::opt<&Sessions::timeout>("timeout", "20m", "").range(1'000'000'000, 86'400'000'000'000),
      kirsch::opt<&Sessions::secure>("secure", "false", ""), kirsch::opt<&Sessions::same_site>("same_site", "lax", ""),
      kirsch::opt<&Sessions::storage>("storage", "{ memory: {} }", ""));
};

struct Compress : Tool {
  std::vector<std::string> types;
  std::variant<SameSite, std::int64_t> level;
  kirsch::Size least{};
  static constexpr auto options = kirsch::options(kirsch::opt<&Compress::types>("types", "[text/html]", ""),
                                                  kirsch::opt<&Compress::level>("level", "5", ""),
                                                  kirsch::opt<&Compress::least>("least", "1KiB", ""));
};

struct Gate : Tool {
  std::vector<kirsch::Cidr> allow;
  std::map<std::string, kirsch::Secret> users;
  std::string realm;
  static constexpr auto options =
      kirsch::options(kirsch::opt<&Gate::allow>("allow", "[]", ""), kirsch::opt<&Gate::users>("users", "{}", ""),
                      kirsch::opt<&Gate::realm>("realm", kirsch::required, ""));
};

struct Throttle : Tool {
  double ratio = 0;
  static constexpr auto options = kirsch::options(kirsch::opt<&Throttle::ratio>("ratio", "0.5", "").range(-2, 3));
};

struct Handler {
  void handle(kirsch::Exchange&) const {}
};

struct Static : Handler {
  kirsch::Path root;
  static constexpr auto options = kirsch::options(kirsch::opt<&Static::root>("root", kirsch::required, ""));
};

struct Respond : Handler {
  std::int64_t status = 0;
  std::string text;
  static constexpr auto options = kirsch::options(kirsch::opt<&Respond::status>("status", "200", "").range(200, 599),
                                                  kirsch::opt<&Respond::text>("text", "", ""));
};

struct WebSocket : Handler {
  kirsch::Provider<App> app;
  static constexpr auto options = kirsch::options(kirsch::opt<&WebSocket::app>("app", kirsch::required, ""));
};

struct Signals {
  std::string hang_up;
  static constexpr auto options = kirsch::options(kirsch::opt<&Signals::hang_up>("SIGHUP", "graceful", ""));
  void start() {}
};

struct PidFile {
  kirsch::Path path;
  static constexpr auto options = kirsch::options(kirsch::opt<&PidFile::path>("path", kirsch::required, ""));
  void start() {}
};

struct Redis {
  kirsch::Secret url;
  std::int64_t pool = 0;
  static constexpr auto options = kirsch::options(kirsch::opt<&Redis::url>("url", kirsch::required, ""),
                                                  kirsch::opt<&Redis::pool>("pool", "4", "").range(1, 64));
  static constexpr Storage service_table{sizeof(Storage)};
};
struct Memory {
  static constexpr Storage service_table{sizeof(Storage)};
};
struct Chat {
  std::int64_t history = 0;
  static constexpr auto options = kirsch::options(kirsch::opt<&Chat::history>("history", "50", ""));
  static constexpr App service_table{sizeof(App)};
};

}  // namespace sample

KIRSCH_MODULE("sample", "1.0.0", kirsch::tool<sample::SecureHeaders>("secureheaders"),
              kirsch::tool<sample::Sessions>("sessions"), kirsch::tool<sample::Compress>("compress"),
              kirsch::tool<sample::Gate>("gate"), kirsch::tool<sample::Throttle>("throttle"),
              kirsch::handler<sample::Static>("static"), kirsch::handler<sample::Respond>("respond"),
              kirsch::handler<sample::WebSocket>("websocket"), kirsch::plugin<sample::Signals>("signals"),
              kirsch::plugin<sample::PidFile>("pidfile"), kirsch::service<sample::Redis, sample::Storage>("redis"),
              kirsch::service<sample::Memory, sample::Storage>("memory"),
              kirsch::service<sample::Chat, sample::App>("chat"));
