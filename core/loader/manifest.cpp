// From the note's JSON to types, field by field.
#include "loader/manifest.h"

#include <array>
#include <limits>
#include <set>
#include <span>

#include "loader/json_reader.h"
#include "loader/option_reader.h"

namespace kirsch::loader {
namespace {

// In the order of their enumerations.
constexpr std::array<std::string_view, 4> kinds = {"tool", "handler", "plugin", "service"};
constexpr std::array<std::string_view, 3> classes = {"inline", "blocking", "async"};
constexpr std::array<std::string_view, 4> channels = {"start", "stop", "exit", "graceful"};
constexpr std::array<std::string_view, 2> phases = {"early", "late"};
constexpr std::array<std::string_view, KIRSCH_HOOKS> points = {
    "on_start_resource", "before_request_body", "before_handler",        "before_finalize",
    "on_end_resource",   "on_end_request",      "before_error_response", "after_error_response"};

constexpr int priority_limit = 100;

template <typename Enumeration>
Enumeration read_word(const JsonReader& field, std::span<const std::string_view> words) {
  const std::string text = field.text();
  for (std::size_t index = 0; index < words.size(); ++index)
    if (words[index] == text) return static_cast<Enumeration>(index);
  std::string known;
  for (const std::string_view word : words) known += (known.empty() ? "" : ", ") + std::string(word);
  field.refuse("is '" + text + "', which is none of " + known);
}

std::optional<int> read_priority(const JsonReader& owner) {
  const auto field = owner.member("priority");
  if (!field) return std::nullopt;
  return static_cast<int>(field->integer(0, priority_limit));
}

ExecutionClass read_class(const JsonReader& owner) {
  const auto field = owner.member("class");
  return field ? read_word<ExecutionClass>(*field, classes) : ExecutionClass::inlined;
}

void read_hooks(const JsonReader& owner, Offer& offer) {
  std::set<kirsch_hook> seen;
  for (const JsonReader& entry : owner.required("hooks").elements()) {
    HookUse use;
    use.point = read_word<kirsch_hook>(entry.required("point"), points);
    if (!seen.insert(use.point).second) entry.refuse("declares the hook point again");
    use.execution = read_class(entry);
    use.priority = read_priority(entry).value_or(use.priority);
    use.failsafe = entry.boolean_or("failsafe", false);
    offer.hooks.push_back(use);
  }
  if (offer.hooks.empty()) owner.required("hooks").refuse("is empty: a tool without a hook does nothing");
}

void read_channels(const JsonReader& owner, Offer& offer) {
  std::set<Channel> seen;
  for (const JsonReader& entry : owner.required("channels").elements()) {
    ChannelUse use;
    use.channel = read_word<Channel>(entry.required("channel"), channels);
    if (!seen.insert(use.channel).second) entry.refuse("declares the channel again");
    use.priority = read_priority(entry);
    offer.channels.push_back(use);
  }
  if (offer.channels.empty()) owner.required("channels").refuse("is empty: a plugin without a channel does nothing");
}

Offer read_offer(const JsonReader& entry) {
  Offer offer;
  offer.kind = read_word<Kind>(entry.required("kind"), kinds);
  offer.name = entry.required("name").name();
  offer.summary = entry.text_or_empty("summary");
  switch (offer.kind) {
    case Kind::tool:
      read_hooks(entry, offer);
      break;
    case Kind::handler:
      offer.execution = read_class(entry);
      offer.streams_body = entry.boolean_or("streams_body", false);
      break;
    case Kind::plugin:
      read_channels(entry, offer);
      break;
    case Kind::service:
      offer.service = entry.required("service").identifier();
      break;
  }
  offer.carries_over = entry.boolean_or("carries_over", false);
  offer.options = read_options(entry);
  return offer;
}

Abi read_abi(const JsonReader& field) {
  const auto numbers = field.elements();
  if (numbers.size() != 2) field.refuse("is not [major, minor]");
  constexpr std::int64_t most = std::numeric_limits<std::uint16_t>::max();
  return {static_cast<std::uint16_t>(numbers[0].integer(0, most)),
          static_cast<std::uint16_t>(numbers[1].integer(0, most))};
}

void read_requirements(const JsonReader& root, Manifest& manifest) {
  const auto required = root.member("requires");
  if (!required) return;
  for (const JsonReader& id : required->elements_or_none("features")) manifest.features.push_back(id.identifier());
  for (const JsonReader& id : required->elements_or_none("services")) manifest.services.push_back(id.identifier());
}

void read_provides(const JsonReader& root, Manifest& manifest) {
  std::set<std::pair<Kind, std::string>> seen;
  for (const JsonReader& entry : root.required("provides").elements()) {
    manifest.provides.push_back(read_offer(entry));
    const Offer& offer = manifest.provides.back();
    if (!seen.emplace(offer.kind, offer.name).second)
      entry.refuse("provides the " + std::string(word(offer.kind)) + " '" + offer.name + "' again");
  }
}

Manifest read_whole(const JsonReader& root) {
  Manifest manifest;
  manifest.name = root.required("name").name();
  manifest.version = root.required("version").text();
  manifest.summary = root.text_or_empty("summary");
  manifest.abi = read_abi(root.required("abi"));
  manifest.compiler = root.text_or_empty("compiler");
  if (const auto field = root.member("phase")) manifest.phase = read_word<Phase>(*field, phases);
  manifest.in_keeper = root.boolean_or("in_keeper", false);
  if (manifest.in_keeper && manifest.phase != Phase::early)
    root.required("in_keeper").refuse("is true, but the phase is not early");
  read_requirements(root, manifest);
  read_provides(root, manifest);
  return manifest;
}

// Runs `read`; a fault leaves things as they are.
template <typename Read>
void attempt(Read read) {
  try {
    read();
  } catch (const JsonFault&) {
    return;
  }
}

}  // namespace

ManifestHead read_manifest_head(std::string_view json) {
  ManifestHead head;
  attempt([&] {
    const JsonReader root = JsonReader::document(json);
    attempt([&] { head.name = root.required("name").name(); });
    attempt([&] { head.version = root.required("version").text(); });
    attempt([&] { head.compiler = root.required("compiler").text(); });
    attempt([&] { head.abi = read_abi(root.required("abi")); });
    for (const JsonReader& entry : root.required("provides").elements())
      attempt([&] {
        head.claims.emplace_back(read_word<Kind>(entry.required("kind"), kinds), entry.required("name").name());
      });
  });
  return head;
}

ManifestReading read_manifest(std::string_view json) {
  try {
    return {read_whole(JsonReader::document(json)), {}};
  } catch (JsonFault& fault) {
    return {std::nullopt, std::move(fault.text)};
  }
}

std::string_view word(Kind kind) { return kinds[static_cast<std::size_t>(kind)]; }
std::string_view word(ExecutionClass execution) { return classes[static_cast<std::size_t>(execution)]; }
std::string_view word(Channel channel) { return channels[static_cast<std::size_t>(channel)]; }
std::string_view word(kirsch_hook point) { return points[static_cast<std::size_t>(point)]; }

}  // namespace kirsch::loader
