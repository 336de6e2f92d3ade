// Listeners by index become listeners by number.
#include "server/turnover.h"

#include <utility>

namespace kirsch::server {

void open_secure_doors(LoadedGeneration& generation, const std::vector<BoundListener>& listeners) {
  const auto& settings = generation.configuration().listeners;
  std::vector<pipeline::SecureDoor> doors;
  for (std::size_t index = 0; index < settings.size(); ++index)
    if (settings[index].tls)
      doors.push_back({generation.numbers[index], listeners[index].sockets.front().address().port()});
  for (std::size_t index = 0; index < settings.size(); ++index)
    if (settings[index].redirect_to_https) generation.pipeline.listeners[generation.numbers[index]].secure = doors;
}

Turnover turnover(LoadedGeneration& generation, const std::vector<BoundListener>& fresh,
                  std::vector<std::shared_ptr<ClientLimits>> limits, const TlsListeners& tls) {
  Turnover made;
  made.generation = &generation.pipeline;
  made.drain = generation.configuration().server.drain;
  for (std::size_t index = 0; index < generation.numbers.size(); ++index) {
    made.listeners.push_back({.number = generation.numbers[index],
                              .limits = std::move(limits[index]),
                              .contexts = tls.of(generation.configuration().listeners[index].name),
                              .sockets = fresh[index].sockets,
                              .shared = generation.configuration().server.processes > 1});
  }
  return made;
}

}  // namespace kirsch::server
