// One line per request in a log that YAML declares, also for requests that were refused and clients that left.
#include <kirsch/module.h>

#include <algorithm>

#include "line_format.h"

namespace {

using namespace accesslog;

// One per lane.
struct Memory {
  Line line;
  Scratch scratch;
};

struct AccessLog {
  std::string log;
  std::string format;
  std::vector<std::string> mask;

  static constexpr auto options = kirsch::options(
      kirsch::opt<&AccessLog::log>("log", "access", "which of the logs that YAML declares"),
      kirsch::opt<&AccessLog::format>("format", "combined", "combined, json, or a text as '{client} {status}'")
          .max_length(4096),
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
    try {
      format_.emplace(format);
    } catch (const std::invalid_argument& fault) {
      throw kirsch::OptionError("format", fault.what());
    }
    for (auto& name : mask) {
      std::transform(name.begin(), name.end(), name.begin(),
                     [](char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte | 0x20) : byte; });
    }
    memory_.emplace();
  }

  void on_end_request(kirsch::Exchange& exchange) const {
    auto& [line, scratch] = (*memory_)[exchange.lane()];
    const Subject subject{exchange, exchange.outcome(), std::chrono::system_clock::now(), mask};
    log_->append(format_->line(subject, line, scratch));
  }

 private:
  std::optional<kirsch::NamedLog> log_;
  std::optional<LineFormat> format_;
  std::optional<kirsch::PerLane<Memory>> memory_;
};

}  // namespace

KIRSCH_MODULE("accesslog", "1.0.0", kirsch::summary("One line per request"),
              kirsch::requires_feature(KIRSCH_FEATURE_LOG),
              kirsch::tool<AccessLog>("accesslog").failsafe(kirsch::Hook::on_end_request));
