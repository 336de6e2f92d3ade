// One line per request in a log that YAML declares, also for requests that were refused and clients that left.
#include <kirsch/module.h>

#include <algorithm>

#include "client_address.h"
#include "escape.h"
#include "masked_url.h"
#include "timestamp.h"

namespace {

using namespace accesslog;

enum class Format : std::uint8_t { combined, json };
constexpr auto kirsch_names(Format) { return std::array<std::string_view, 2>{"combined", "json"}; }

// What a line is made of, and the memory for it; one per lane.
struct Line {
  std::string text;
  std::string request;
  std::string masked;
  Timestamp time;
};

// A client that has left before its answer, in nginx's words.
constexpr std::uint16_t client_closed_request = 499;

struct AccessLog {
  std::string log;
  Format format{};
  std::vector<std::string> mask;

  static constexpr auto options = kirsch::options(
      kirsch::opt<&AccessLog::log>("log", "access", "which of the logs that YAML declares"),
      kirsch::opt<&AccessLog::format>("format", "combined", "how a line looks"),
      kirsch::opt<&AccessLog::mask>("mask",
                                    "[access_token, api_key, apikey, auth, client_secret, code, id_token, key, passwd, "
                                    "password, refresh_token, secret, session, sid, sig, signature, token]",
                                    "query parameters whose values are not written"));

  void prepare() {
    log_ = kirsch::NamedLog::find(log);
    if (!log_) {
      throw kirsch::OptionError("log", "no log '" + log + "' is declared: write logs: { " + log +
                                           ": { to: /var/log/kirsch/" + log + ".log } }");
    }
    for (auto& name : mask) {
      std::transform(name.begin(), name.end(), name.begin(),
                     [](char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte | 0x20) : byte; });
    }
    lines_.emplace();
  }

  void on_end_request(kirsch::Exchange& exchange) const {
    Line& line = (*lines_)[exchange.lane()];
    line.text.clear();
    if (format == Format::json) {
      write_json(line, exchange);
    } else {
      write_combined(line, exchange);
    }
    log_->append(line.text);
  }

 private:
  static std::uint16_t status(kirsch::Exchange& exchange, const kirsch::Outcome& outcome) {
    return outcome.committed ? exchange.response().status() : client_closed_request;
  }
  static std::string_view protocol(const kirsch::Request& request) {
    return request.version_minor() == 0 ? "HTTP/1.0" : "HTTP/1.1";
  }
  std::string_view masked(Line& line, std::string_view url) const { return masked_url(url, mask, line.masked); }

  // The common log format of NCSA httpd with referrer and user agent: "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" …".
  void write_combined(Line& line, kirsch::Exchange& exchange) const {
    const auto request = exchange.request();
    const auto headers = request.headers();
    const auto outcome = exchange.outcome();
    auto& text = line.text;
    append_address(text, request.peer());
    text += " - - ";
    line.time.append_local(text, std::chrono::system_clock::now());
    text += ' ';
    line.request.assign(request.method_name());
    if (!request.target().empty()) {
      line.request.append(" ").append(masked(line, request.target())).append(" ").append(protocol(request));
    }
    append_quoted(text, line.request);
    text.append(" ").append(std::to_string(status(exchange, outcome))).append(" ");
    text += outcome.body_sent == 0 ? "-" : std::to_string(outcome.body_sent);
    text += ' ';
    append_quoted(text, masked(line, headers.get("Referer")));
    text += ' ';
    append_quoted(text, headers.get("User-Agent"));
  }

  void write_json(Line& line, kirsch::Exchange& exchange) const {
    const auto request = exchange.request();
    const auto headers = request.headers();
    const auto outcome = exchange.outcome();
    auto& text = line.text;
    text += "{\"time\":\"";
    line.time.append_utc(text, std::chrono::system_clock::now());
    text.append("\",\"id\":\"").append(outcome.id).append("\",\"client\":\"");
    append_address(text, request.peer());
    text.append("\",\"scheme\":\"").append(request.scheme()).append("\",\"method\":");
    append_json(text, request.method_name());
    text += ",\"target\":";
    append_json(text, masked(line, request.target()));
    text.append(",\"protocol\":\"").append(protocol(request)).append("\",\"host\":");
    append_json(text, request.host());
    text.append(",\"status\":").append(std::to_string(status(exchange, outcome)));
    text.append(",\"complete\":").append(outcome.complete ? "true" : "false");
    text.append(",\"bytes\":").append(std::to_string(outcome.body_sent)).append(",\"seconds\":");
    append_seconds(text, outcome.duration);
    text += ",\"referer\":";
    append_json(text, masked(line, headers.get("Referer")));
    text += ",\"user_agent\":";
    append_json(text, headers.get("User-Agent"));
    text += '}';
  }

  static void append_seconds(std::string& out, std::chrono::nanoseconds duration) {
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
    const auto rest = std::to_string(microseconds % 1'000'000);
    out.append(std::to_string(microseconds / 1'000'000)).append(".").append(6 - rest.size(), '0').append(rest);
  }

  std::optional<kirsch::NamedLog> log_;
  std::optional<kirsch::PerLane<Line>> lines_;
};

}  // namespace

KIRSCH_MODULE("accesslog", "1.0.0", kirsch::summary("One line per request"),
              kirsch::requires_feature(KIRSCH_FEATURE_LOG),
              kirsch::tool<AccessLog>("accesslog").failsafe(kirsch::Hook::on_end_request));
