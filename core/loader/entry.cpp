// The size comes first: until it is right, no other field may be believed.
#include "loader/entry.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace kirsch::loader {
namespace {

// Those of 1.0; what was added since is not in all modules.
constexpr std::size_t least_entry = offsetof(kirsch_module_entry, provided_count) + sizeof(std::size_t);
constexpr std::size_t least_provided = offsetof(kirsch_provided, service) + sizeof(const void*);

// Empty: the size is that of this contract or of an older one.
std::string wrong_size(std::uint32_t got, std::size_t least, std::size_t most) {
  if (got >= least && got <= most) return {};
  return std::to_string(got) + " bytes instead of " + std::to_string(most);
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
    if (use.point >= provided.hook_count || provided.hooks == nullptr || provided.hooks[use.point] == nullptr)
      return std::string(word(use.point));
  for (const ChannelUse& use : offer.channels)
    if (!has_channel(provided, use.channel)) return std::string(word(use.channel));
  if (offer.kind == Kind::handler && provided.handle == nullptr) return "handle";
  if (offer.kind == Kind::handler && offer.streams_body && provided.on_body == nullptr) return "on_body";
  if (offer.kind == Kind::service && provided.service == nullptr) return "the table of the service";
  return {};
}

std::string difference_in_provided(const kirsch_module_entry& entry, const Manifest& manifest) {
  for (std::size_t index = 0; index < manifest.provides.size(); ++index) {
    const Offer& offer = manifest.provides[index];
    const std::string what = std::string(word(offer.kind)) + " '" + offer.name + "'";
    const kirsch_provided* const provided = entry.provided[index];
    if (provided == nullptr) return "does not describe its " + what;
    const std::string wrong = wrong_size(provided->size, least_provided, sizeof(kirsch_provided));
    if (!wrong.empty()) return "describes its " + what + " with " + wrong;
    const std::string missing = missing_function(*provided, offer);
    if (!missing.empty()) return "does not have what its note promises: " + what + " lacks " + missing;
  }
  return {};
}

}  // namespace

std::string difference(const kirsch_module_entry& entry, const ModuleFile& file) {
  const Manifest& manifest = *file.manifest;
  const std::string wrong = wrong_size(entry.size, least_entry, sizeof(kirsch_module_entry));
  if (!wrong.empty()) return "has a struct kirsch_module of " + wrong;
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

std::vector<kirsch_provided> provided_by(const kirsch_module_entry& entry) {
  std::vector<kirsch_provided> all(entry.provided_count);
  for (std::size_t index = 0; index < all.size(); ++index)
    std::memcpy(&all[index], entry.provided[index], std::min<std::size_t>(entry.provided[index]->size, sizeof all[0]));
  return all;
}

}  // namespace kirsch::loader
