// A/B tests: a cookie keeps a client in the group that it was dealt, and handlers ask which one that is.
#include <kirsch/module.h>

#include <algorithm>
#include <random>

namespace {

constexpr std::string_view attached = "experiment/group";  // names what the tool leaves for handlers

struct Experiment {
  std::string cookie;
  std::vector<std::string> groups;
  std::chrono::seconds keep{};
  std::vector<kirsch::PreparedField> fields;  // made once: a request sets one of them
  kirsch::PerLane<std::minstd_rand> dice;

  static constexpr auto options =
      kirsch::options(kirsch::opt<&Experiment::cookie>("cookie", "group", "that keeps a client in its group"),
                      kirsch::opt<&Experiment::groups>("groups", "[a, b]", "equally large").range(2, 16),
                      kirsch::opt<&Experiment::keep>("keep", "30d", "how long a client stays"));

  void prepare() {
    for (const auto& group : groups) {
      if (group.find_first_of(" ,;\"\\") != group.npos)
        throw kirsch::OptionError("groups", "'" + group + "' cannot be the value of a cookie");
      fields.emplace_back("Set-Cookie", cookie + "=" + group + "; Path=/; SameSite=Lax; HttpOnly; Max-Age=" +
                                            std::to_string(keep.count()));
    }
    for (std::uint32_t lane = 0; lane < kirsch::lanes(); ++lane) dice[lane].seed(std::random_device()());
  }

  void before_handler(kirsch::Exchange& exchange) const {
    auto headers = exchange.response().headers();
    auto group = std::find(groups.begin(), groups.end(), exchange.request().cookies().get(cookie));
    if (group == groups.end()) {  // a new client, or one that made something up
      const auto dealt = dice[exchange.lane()]() % groups.size();
      group = groups.begin() + static_cast<std::ptrdiff_t>(dealt);
      headers.add(fields[dealt]);
    }
    headers.set_default("Cache-Control", "private");  // no cache may give the page of one group to another
    exchange.attach(attached, std::make_unique<std::string_view>(*group));
  }
};

struct ExperimentPage {
  std::map<std::string, std::string> pages;

  static constexpr auto options =
      kirsch::options(kirsch::opt<&ExperimentPage::pages>("pages", kirsch::required, "a text for each group"));

  void handle(kirsch::Exchange& exchange) const {
    const auto* group = exchange.attachment<std::string_view>(attached);
    if (group == nullptr) throw std::logic_error("turn the tool 'experiment' on for this path");
    const auto page = pages.find(std::string(*group));
    if (page == pages.end()) throw std::logic_error("there is no page for the group " + std::string(*group));
    exchange.response().text(page->second);
  }
};

}  // namespace

KIRSCH_MODULE("experiment", "1.0.0", kirsch::requires_feature(KIRSCH_FEATURE_FIELD),
              kirsch::tool<Experiment>("experiment"), kirsch::handler<ExperimentPage>("experiment_page"));
