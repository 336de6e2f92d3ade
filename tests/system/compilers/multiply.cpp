// A tool and a handler in C++, on the SDK. It does what multiply.c and multiply.rs do.
#include <kirsch/module.h>

namespace {

struct Mark {
  void before_finalize(kirsch::Exchange& exchange) const {
    exchange.response().headers().set("X-Marked-By", std::string_view(NAME));
  }
};

struct Multiply {
  std::int64_t factor;
  static constexpr auto options =
      kirsch::options(kirsch::opt<&Multiply::factor>("factor", "2", "what the number is multiplied by"));

  void handle(kirsch::Exchange& exchange) const {
    std::int64_t number = 0;
    try {
      number = std::stoi(std::string(exchange.request().query().get("number")));
    } catch (const std::invalid_argument&) {
      throw kirsch::HttpError(400, "the query says no number");
    }
    if (number > 1000) throw std::range_error(NAME " cannot count so far");
    exchange.response().text(std::to_string(number * factor) + "\n");
  }
};

}  // namespace

KIRSCH_MODULE(NAME, "1.0.0", kirsch::tool<Mark>(NAME), kirsch::handler<Multiply>(NAME));
