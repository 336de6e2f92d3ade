// The size comes first: until it is right, no other field may be believed.
#include "loader/entry.h"

#include <string_view>

namespace kirsch::loader {
namespace {

std::string sizes(std::uint32_t got, std::size_t expected) {
  return std::to_string(got) + " bytes instead of " + std::to_string(expected);
}

bool has_channel(const kirsch_provided& provided, Channel channel) {
  switch (channel) {
    case Channel::start:
      return provided.start != nullptr;
    case Channel::stop:
      return provided.stop != nullptr;
    case Channel::exit:
      return provided.exit != nullptr;
    case Channel::graceful:
      return provided.graceful != nullptr;
  }
  return false;
}

// What the note declares and the struct lacks; empty: nothing.
std::string missing_function(const kirsch_provided& provided, const Offer& offer) {
  if (provided.create == nullptr) return "create";
  if (provided.destroy == nullptr) return "destroy";
  for (const HookUse& use : offer.hooks)
    if (provided.hooks[use.point] == nullptr) return std::string(word(use.point));
  for (const ChannelUse& use : offer.channels)
    if (!has_channel(provided, use.channel)) return std::string(word(use.channel));
  if (offer.kind == Kind::handler && provided.handle == nullptr) return "handle";
  if (offer.kind == Kind::handler && offer.streams_body && provided.on_body == nullptr) return "on_body";
  if (offer.kind == Kind::service && provided.service == nullptr) return "the table of the service";
  return {};
}

std::string difference_in_provided(const kirsch_module_entry& entry, const Manifest& manifest) {
  for (std::size_t index = 0; index < manifest.provides.size(); ++index) {
    const kirsch_provided& provided = entry.provided[index];
    const Offer& offer = manifest.provides[index];
    const std::string what = std::string(word(offer.kind)) + " '" + offer.name + "'";
    if (provided.size != sizeof(kirsch_provided))
      return "describes its " + what + " with " + sizes(provided.size, sizeof(kirsch_provided));
    const std::string missing = missing_function(provided, offer);
    if (!missing.empty()) return "does not have what its note promises: " + what + " lacks " + missing;
  }
  return {};
}

}  // namespace

std::string difference(const kirsch_module_entry& entry, const ModuleFile& file) {
  const Manifest& manifest = *file.manifest;
  if (entry.size != sizeof(kirsch_module_entry))
    return "has a struct kirsch_module of " + sizes(entry.size, sizeof(kirsch_module_entry));
  if (entry.abi_major != manifest.abi.major || entry.abi_minor != manifest.abi.minor)
    return "has ABI " + std::to_string(entry.abi_major) + "." + std::to_string(entry.abi_minor) +
           " in its struct, but " + std::to_string(manifest.abi.major) + "." + std::to_string(manifest.abi.minor) +
           " in its note";
  if (entry.manifest.data == nullptr ||
      std::string_view(entry.manifest.data, entry.manifest.size) != file.note.manifest)
    return "has another manifest in its struct than in its note";
  if (entry.provided_count != manifest.provides.size())
    return "provides " + std::to_string(entry.provided_count) + " things in its struct, but " +
           std::to_string(manifest.provides.size()) + " in its note";
  if (entry.provided_count > 0 && entry.provided == nullptr) return "has no list of what it provides";
  if (entry.init == nullptr || entry.deinit == nullptr) return "has no init or no deinit";
  return difference_in_provided(entry, manifest);
}

}  // namespace kirsch::loader
