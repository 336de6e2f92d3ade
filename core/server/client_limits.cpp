// One set for all listeners that say nothing of their own, one for each of the others.
#include "server/client_limits.h"

#include <sys/resource.h>

#include <algorithm>
#include <string>

namespace kirsch::server {
namespace {

constexpr std::uint32_t common = UINT32_MAX;  // the key of the server's own

// Clients whose handshake is not done are no connections yet; they may be a quarter as many, also of those that there
// is room for: else they would take the descriptors of all others.
net::tls::Layer::Settings handshakes_of(const config::LimitSettings& settings, std::size_t room, unsigned loops) {
  constexpr std::size_t least = 256;
  const std::size_t wanted = std::max<std::size_t>(settings.connections / 4 / loops, least);
  return {.handshake_time = settings.handshake_time,
          .handshakes = std::clamp<std::size_t>(room / 4 / loops, 1, wanted)};
}

std::uint64_t connections_of(const config::Configuration& configuration) {
  std::uint64_t connections = 0;
  bool shared = false;
  for (const auto& listener : configuration.listeners) {
    shared = shared || !listener.limits;
    if (listener.limits) connections += listener.limits->connections;
  }
  return shared ? connections + configuration.server.limits.connections : connections;
}

// As many connections as descriptors are left for: a hundred are for files, logs and modules.
std::uint32_t connections_within_descriptors(std::uint64_t configured, base::Log& log) {
  constexpr rlim_t others = 100;
  constexpr std::uint64_t most = UINT32_MAX;
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) != 0) return most;
  descriptors.rlim_cur = descriptors.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &descriptors);
  ::getrlimit(RLIMIT_NOFILE, &descriptors);
  const rlim_t room = descriptors.rlim_cur > others ? descriptors.rlim_cur - others : 1;
  if (configured > room) {
    log.write(base::Level::warning, "server: limits.connections come to " + std::to_string(configured) + ", but " +
                                        std::to_string(descriptors.rlim_cur) + " descriptors are allowed: serving " +
                                        std::to_string(room) + " (ulimit -n, or LimitNOFILE= of the unit)");
  }
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(room, most));
}

}  // namespace

http::Limits http_limits(const config::LimitSettings& settings) {
  http::Limits limits;
  limits.method = settings.method;
  limits.life = settings.keep_alive_life;
  limits.output_high = settings.output_queue;
  limits.output_low = settings.output_queue / 4;
  limits.client_connections = settings.client_connections;
  limits.loopback_counts = settings.loopback_counts;
  limits.head_time = settings.head_time;
  limits.field_block = settings.header_block;
  limits.field = settings.header_field;
  limits.fields = settings.header_count;
  limits.target = settings.uri;
  limits.body_idle_time = settings.body_idle;
  limits.body_rate = settings.body_rate;
  limits.write_time = settings.write_idle;
  limits.idle_time = settings.keep_alive;
  limits.requests = settings.keep_alive_requests;
  limits.connections = settings.connections;
  return limits;
}

ClientLimitsTable::ClientLimitsTable(const config::Configuration& configuration, unsigned loops, base::Log& log)
    : loops_(loops), room_(connections_within_descriptors(connections_of(configuration), log)), descriptors_(room_) {}

std::vector<std::shared_ptr<ClientLimits>> ClientLimitsTable::of(const config::Configuration& configuration,
                                                                 const std::vector<std::uint32_t>& numbers) {
  std::erase_if(known_, [](const auto& one) { return one.second.expired(); });
  std::vector<std::shared_ptr<ClientLimits>> all;
  for (std::size_t index = 0; index < numbers.size(); ++index) {
    const auto& own = configuration.listeners[index].limits;
    all.push_back(own ? get(numbers[index], *own) : get(common, configuration.server.limits));
  }
  return all;
}

std::shared_ptr<ClientLimits> ClientLimitsTable::get(std::uint32_t key, const config::LimitSettings& settings) {
  const auto limits = http_limits(settings);
  const auto handshakes = handshakes_of(settings, room_, loops_);
  auto known = known_[key].lock();
  if (known && known->limits == limits && known->handshakes == handshakes) return known;
  auto made = std::make_shared<ClientLimits>(limits, handshakes, descriptors_);
  known_[key] = made;
  return made;
}

}  // namespace kirsch::server
