// Names, ranges and defaults of the core's settings.
#include "config/server.h"

#include <algorithm>
#include <string_view>

#include "config/code.h"
#include "config/fields.h"
#include "config/section.h"

namespace kirsch::config {
namespace {

using namespace std::chrono_literals;
using base::Value;

constexpr std::uint64_t kibibyte = 1024;
constexpr std::uint64_t mebibyte = 1024 * kibibyte;
constexpr std::chrono::milliseconds day = 24h;

template <class Number>
Number number(const Value& value) {
  return static_cast<Number>(as_integer(value));
}

void set_client_connections(LimitSettings& to, const Value& value) {
  const auto* choice = std::get_if<base::Choice>(&value.data);
  to.loopback_counts = choice != nullptr && choice->index == 1;
  to.client_connections = choice == nullptr    ? 0
                          : to.loopback_counts ? number<std::uint32_t>(choice->value.front())
                                               : 256;
}

const Fields<LimitSettings>& limit_fields() {
  using Limits = LimitSettings;
  static const Fields<Limits> fields = {
      {{"head_time", "for a request's head, from its first byte", "10s", duration(1ms, day)},
       [](Limits& to, const Value& value) { to.head_time = as_milliseconds(value); }},
      {{"handshake_time", "for the handshake of TLS", "10s", duration(1ms, day)},
       [](Limits& to, const Value& value) { to.handshake_time = as_milliseconds(value); }},
      {{"method", "the name of a method", "32", size(8, kibibyte)},
       [](Limits& to, const Value& value) { to.method = number<std::size_t>(value); }},
      {{"header_block", "all header lines together", "32KiB", size(256, mebibyte)},
       [](Limits& to, const Value& value) { to.header_block = number<std::size_t>(value); }},
      {{"header_field", "one header line", "8KiB", size(64, mebibyte)},
       [](Limits& to, const Value& value) { to.header_field = number<std::size_t>(value); }},
      {{"header_count", "number of header lines", "100", integer(1, 10'000)},
       [](Limits& to, const Value& value) { to.header_count = number<std::size_t>(value); }},
      {{"uri", "the target of a request", "8KiB", size(16, mebibyte)},
       [](Limits& to, const Value& value) { to.uri = number<std::size_t>(value); }},
      {{"body", "the body of a request", "1MiB", body_limit()},
       [](Limits& to, const Value& value) { to.body = number<std::uint64_t>(value); }},
      {{"body_memory", "of a body, before it goes to a file", "64KiB", size(0, 16 * mebibyte)},
       [](Limits& to, const Value& value) { to.body_memory = number<std::size_t>(value); }},
      {{"spool", "all bodies in files together", "1GiB", size(0, mebibyte * mebibyte)},
       [](Limits& to, const Value& value) { to.spool = number<std::uint64_t>(value); }},
      {{"body_idle", "without a byte of the body", "30s", duration(1ms, day)},
       [](Limits& to, const Value& value) { to.body_idle = as_milliseconds(value); }},
      {{"body_rate", "bytes per second of a body, at least", "500", integer(0, 1'000'000'000)},
       [](Limits& to, const Value& value) { to.body_rate = number<std::uint32_t>(value); }},
      {{"write_idle", "for a client to take 16KiB of an answer, so some 500 bytes per second", "30s",
        duration(1ms, day)},
       [](Limits& to, const Value& value) { to.write_idle = as_milliseconds(value); }},
      {{"keep_alive", "between an answer and the next request", "15s", duration(1ms, day)},
       [](Limits& to, const Value& value) { to.keep_alive = as_milliseconds(value); }},
      {{"keep_alive_requests", "requests of one connection", "1000", integer(1, 1'000'000'000)},
       [](Limits& to, const Value& value) { to.keep_alive_requests = number<std::uint32_t>(value); }},
      {{"keep_alive_life", "of a connection; the first answer after it closes", "1h", duration(1ms, 30 * day)},
       [](Limits& to, const Value& value) { to.keep_alive_life = as_milliseconds(value); }},
      {{"output_queue", "of an answer that its client does not take, before its handler must wait", "256KiB",
        size(kibibyte, 64 * mebibyte)},
       [](Limits& to, const Value& value) { to.output_queue = number<std::size_t>(value); }},
      {{"client_connections", "of one address (IPv6: one /64); auto: 256, this machine without limit", "auto",
        or_off(one_of({enumeration({"auto"}), integer(1, 1'000'000)}))},
       set_client_connections},
      {{"connections", "open at a time, of all listeners without limits of their own", "10000", integer(1, 1'000'000)},
       [](Limits& to, const Value& value) { to.connections = number<std::uint32_t>(value); }},
      {{"worker_queue", "exchanges that wait for a worker", "1024", integer(1, 1'000'000)},
       [](Limits& to, const Value& value) { to.worker_queue = number<std::uint32_t>(value); }},
      {{"handler_time", "of a tool or handler before the log says that it does not return", "30s", duration(10ms, day)},
       [](Limits& to, const Value& value) { to.handler_time = as_milliseconds(value); }},
      {{"log_queue", "lines that wait for the destination of one log", "8MiB", size(64 * kibibyte, 1024 * mebibyte)},
       [](Limits& to, const Value& value) { to.log_queue = number<std::size_t>(value); }},
  };
  return fields;
}

void set_loops(ServerSettings& to, const Value& value) {
  const auto& choice = std::get<base::Choice>(value.data);
  to.loops.reset();
  if (choice.index == 1) to.loops = number<unsigned>(choice.value.front());
}

void set_driver(ServerSettings& to, const Value& value) {
  to.driver = static_cast<DriverChoice>(as_integer(value));
  to.driver_origin = value.origin;
}

// Of settings that have a state and a control.
template <class Settings>
void set_state(Settings& to, const Value& value) {
  to.state.reset();
  if (const auto* text = std::get_if<std::string>(&value.data)) to.state = *text;
}

template <class Settings>
void set_control(Settings& to, const Value& value) {
  const auto* choice = std::get_if<base::Choice>(&value.data);
  to.control = {.on = choice != nullptr, .path = {}};
  if (choice != nullptr && choice->index == 1) to.control.path = as_text(choice->value.front());
}

base::Option state_option() { return {"state", "directory of private copies and spool files", "off", or_off(path())}; }

base::Option control_option() {
  return {"control", "unix socket for stop, restart, reload and status; auto: beside the state", "auto",
          or_off(one_of({enumeration({"auto"}), path()}))};
}

const Fields<ServerSettings>& server_fields() {
  using Server = ServerSettings;
  static const Fields<Server> fields = {
      {{"loops", "threads that serve connections", "auto", one_of({enumeration({"auto"}), integer(1, 1024)})},
       set_loops},
      {{"workers", "threads for blocking code", "32", integer(1, 4096)},
       [](Server& to, const Value& value) { to.workers = number<unsigned>(value); }},
      {{"processes", "server processes that share the listeners; more than one need the keeper", "1", integer(1, 256)},
       [](Server& to, const Value& value) { to.processes = number<unsigned>(value); }},
      {{"start_time", "for a process of a restart to get ready", "1m", duration(100ms, day)},
       [](Server& to, const Value& value) { to.start_time = as_milliseconds(value); }},
      {{"drain", "for open exchanges when the server stops", "30s", duration(0ms, day)},
       [](Server& to, const Value& value) { to.drain = as_milliseconds(value); }},
      {state_option(), set_state<Server>},
      {control_option(), set_control<Server>},
      {{"keeper",
        "a process that stays, keeps its privileges and starts the servers; auto: as root with dropprivileges, or "
        "for several processes",
        "auto", enumeration({"auto", "on", "off"})},
       [](Server& to, const Value& value) { to.keeper = number<KeeperUse>(value); }},
      {{"allow_root", "serve with the rights of root", "false", boolean()},
       [](Server& to, const Value& value) { to.allow_root = as_boolean(value); }},
      {{"driver", "of the loops: uring and epoll are Linux's interfaces for it, auto is uring where it works", "auto",
        enumeration({"auto", "uring", "epoll"})},
       set_driver},
      {{"limits", "what one client may cost", "{}", structure(limit_fields().options())},
       [](Server& to, const Value& value) { limit_fields().assign(to.limits, value); }},
  };
  return fields;
}

// All listeners have it in common.
bool is_shared(std::string_view limit) {
  constexpr std::string_view shared[] = {"body_memory", "spool", "worker_queue", "log_queue", "handler_time"};
  return std::ranges::find(shared, limit) != std::end(shared);
}

Node without_shared(const Node& limits) {
  Node own = limits;
  std::erase_if(own.entries, [](const Entry& entry) { return is_shared(entry.key.text); });
  return own;
}

void check_limits(Reader& reader, const Node& at, const LimitSettings& limits) {
  if (limits.header_field <= limits.header_block) return;
  reader.findings().error(at, code::out_of_range,
                          "one header line (header_field) may be longer than all (header_block)",
                          {.note = {}, .help = "raise header_block or lower header_field"});
}

}  // namespace

const std::vector<base::Option>& server_options() { return server_fields().options(); }

const std::vector<base::Option>& listener_limit_options() {
  static const std::vector<base::Option> options = [] {
    std::vector<base::Option> own = limit_fields().options();
    std::erase_if(own, [](const base::Option& option) { return is_shared(option.name); });
    return own;
  }();
  return options;
}

const base::Schema& body_limit() {
  static const base::Schema schema = size(0, mebibyte * mebibyte);
  return schema;
}

ServerSettings read_server(Reader& reader, const Node* section, const Node& root) {
  ServerSettings settings;
  if (!server_fields().read(reader, section, section == nullptr ? root : *section, "'server'", settings))
    return settings;
  if (settings.processes > 1 && settings.keeper == KeeperUse::off)
    reader.findings().error(section->find("processes")->key, code::out_of_range,
                            "several processes need the keeper, which is off",
                            {.note = {}, .help = "remove keeper: off, or say processes: 1"});
  const Entry* limits = section == nullptr ? nullptr : section->find("limits");
  if (limits != nullptr) check_limits(reader, limits->key, settings.limits);
  return settings;
}

Whereabouts read_whereabouts(Reader& reader, const Node* section, const Node& root) {
  static const Fields<Whereabouts> fields = {{state_option(), set_state<Whereabouts>},
                                             {control_option(), set_control<Whereabouts>}};
  Node written = root;
  written.kind = Node::Kind::mapping;
  written.entries.clear();
  if (section != nullptr && section->is_mapping()) {
    for (const char* name : {"state", "control"})
      if (const Entry* entry = section->find(name)) written.entries.push_back(*entry);
  }
  Whereabouts result;
  fields.read(reader, &written, root, "'server'", result);
  return result;
}

std::optional<LimitSettings> read_listener_limits(Reader& reader, const Node* limits, const Node* server,
                                                  const std::string& owner) {
  if (limits == nullptr) return std::nullopt;
  const std::string what = "'limits' of " + owner;
  if (!limits->is_mapping()) {
    reader.findings().error(*limits, code::wrong_type, what + " wants a mapping, not " + description(*limits));
    return std::nullopt;
  }
  for (const Entry& entry : limits->entries)
    if (is_shared(entry.key.text))
      reader.findings().error(entry.key, code::unknown_key, "'" + entry.key.text + "' is no limit of a listener",
                              {.note = {}, .help = "all listeners share it: write it under server.limits"});
  // What is written here is told here; what the server's own limits lack is told there.
  const std::optional<base::Value> own =
      reader.structure(without_shared(*limits), limit_fields().options(), *limits, what, Reader::Scope::part);
  if (!own) return std::nullopt;
  Node merged = *limits;
  const Node* outer = server == nullptr ? nullptr : server->value("limits");
  if (outer != nullptr && outer->is_mapping())
    for (const Entry& entry : outer->entries)
      if (limits->find(entry.key.text) == nullptr) merged.entries.push_back(entry);
  Findings unheard;
  Reader quiet(reader.catalogue(), unheard, {});
  LimitSettings settings;
  if (!limit_fields().read(quiet, &merged, *limits, what, settings)) return std::nullopt;
  if (limits->find("header_field") != nullptr || limits->find("header_block") != nullptr)
    check_limits(reader, *limits, settings);
  return settings;
}

}  // namespace kirsch::config
