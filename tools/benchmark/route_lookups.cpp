// How long it takes to find one of many routes, at random, of the site that tools/bench check makes.
// Usage: bench_route_lookups ROUTES; prints nanoseconds, the median of nine rounds.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "pipeline/router.h"

namespace {

constexpr std::size_t lookups = 1'000'000;

struct Site {
  kirsch::pipeline::Router router;
  std::vector<std::string> paths;  // one that each route answers
};

Site site(std::uint32_t routes) {
  Site made;
  kirsch::pipeline::Router::Builder builder;
  for (std::uint32_t route = 0; route < routes; ++route) {
    const auto number = std::to_string(route), section = "/section" + std::to_string(route / 20);
    const bool prefix = route % 20 == 0, named = route % 2 == 0;
    builder.add(section + (prefix ? "/" : named ? "/items/{id}/part" + number : "/page" + number), route);
    made.paths.push_back(section + (prefix ? "/below/it" : named ? "/items/4711/part" + number : "/page" + number));
  }
  made.router = builder.build();
  return made;
}

double nanoseconds_each(const Site& site, const std::vector<std::uint32_t>& order) {
  const auto begun = std::chrono::steady_clock::now();
  std::size_t missed = 0;
  for (const auto route : order) {
    const auto match = site.router.find(site.paths[route]);
    if (!match || match->target != route) ++missed;
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begun;
  if (missed != 0) {
    std::fprintf(stderr, "%zu paths were not answered by their route\n", missed);
    std::exit(1);
  }
  return took.count() / static_cast<double>(order.size());
}

}  // namespace

int main(int count, char** words) {
  const auto made = site(count > 1 ? static_cast<std::uint32_t>(std::strtoul(words[1], nullptr, 10)) : 10'000);
  std::mt19937 random(1);
  std::vector<std::uint32_t> order(lookups);
  for (auto& route : order) route = static_cast<std::uint32_t>(random() % made.paths.size());
  std::array<double, 9> rounds;
  for (auto& round : rounds) round = nanoseconds_each(made, order);
  std::ranges::sort(rounds);
  std::printf("%.1f\n", rounds[rounds.size() / 2]);
}
