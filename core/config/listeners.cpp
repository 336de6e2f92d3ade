// The top key `listeners`, and the spelling of addresses.
#include "config/listeners.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "config/code.h"
#include "config/fields.h"
#include "config/scalars.h"
#include "config/section.h"

namespace kirsch::config {
namespace {

// As it is written.
struct Written {
  std::string bind;
  base::Position origin;  // of bind
  std::optional<std::string> mode, owner, group;
  bool redirect_to_https = false;
};

std::optional<std::string> text_or_off(const base::Value& value) {
  const auto* text = std::get_if<std::string>(&value.data);
  return text == nullptr ? std::nullopt : std::optional(*text);
}

const Fields<Written>& listener_fields() {
  static const Fields<Written> fields = {
      {{"bind", "127.0.0.1:8080, [::]:80 or unix:/path", std::nullopt, text(512)},
       [](Written& to, const base::Value& value) {
         to.bind = as_text(value);
         to.origin = value.origin;
       }},
      {{"mode", "permissions of a unix socket", "\"0660\"", text(16)},
       [](Written& to, const base::Value& value) { to.mode = as_text(value); }},
      {{"owner", "user that a unix socket is given to, by name or number", "off", or_off(text(256))},
       [](Written& to, const base::Value& value) { to.owner = text_or_off(value); }},
      {{"group", "group that a unix socket is given to, by name or number", "off", or_off(text(256))},
       [](Written& to, const base::Value& value) { to.group = text_or_off(value); }},
      {{"redirect", "https: every request is answered 308, to the listener with TLS", "off",
        or_off(enumeration({"https"}))},
       [](Written& to, const base::Value& value) {
         to.redirect_to_https = std::holds_alternative<std::int64_t>(value.data);
       }},
  };
  return fields;
}

Parsed<std::string> local_address(std::string_view written, const std::string& directory) {
  if (written.empty()) return Misfit{"an address", "write unix:/path/of/socket"};
  const std::string path =
      std::filesystem::absolute(std::filesystem::path(directory) / written).lexically_normal().string();
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return Misfit{"an address",
                  "a path of a socket has at most " + std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes"};
  return "unix:" + path;
}

std::string address_note(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!text.empty() && std::all_of(text.begin(), text.end(), digit))
    return "write 127.0.0.1:" + std::string(text) + " for this machine, [::]:" + std::string(text) + " for all";
  if (std::count(text.begin(), text.end(), ':') > 1 && !text.starts_with('['))
    return "an IPv6 address stands in brackets";
  if (text.starts_with(':') || text.starts_with("*:"))
    return "write [::]" + std::string(text.substr(text.find_last_of(':'))) + " for all addresses";
  if (text.starts_with("localhost:"))
    return "write 127.0.0.1" + std::string(text.substr(9)) + ": names are not resolved";
  if (text.starts_with('/')) return "write unix:" + std::string(text);
  if (text.find(':') == std::string_view::npos) return "the port is missing: write " + std::string(text) + ":8080";
  return "write 127.0.0.1:8080, [::]:80 or unix:/path";
}

// The canonical spelling, so that equal addresses are equal texts.
Parsed<std::string> address(std::string_view text, const std::string& directory) {
  if (text.starts_with("unix:")) return local_address(text.substr(5), directory);
  const Misfit misfit{"an address", address_note(text)};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return misfit;
  std::string host(text.substr(0, colon));
  const Parsed<std::int64_t> port = parsed_integer(text.substr(colon + 1));
  const auto* number = std::get_if<std::int64_t>(&port);
  if (number == nullptr) return misfit;
  if (*number < 0 || *number > 65535) return Misfit{"an address", "a port is 0 to 65535"};
  const bool six = host.starts_with('[') && host.ends_with(']');
  if (six) host = host.substr(1, host.size() - 2);
  const int family = six ? AF_INET6 : AF_INET;
  std::array<unsigned char, 16> bytes{};
  std::array<char, INET6_ADDRSTRLEN> name{};
  if (::inet_pton(family, host.c_str(), bytes.data()) != 1) return misfit;
  ::inet_ntop(family, bytes.data(), name.data(), name.size());
  return (six ? "[" + std::string(name.data()) + "]:" : std::string(name.data()) + ":") + std::to_string(*number);
}

// Reports what is written under `key` of a listener and does not fit; `text` is that after expansion.
void misfit(Reader& reader, const Node& listener, const char* key, const std::string& owner, const std::string& text,
            const Misfit& why) {
  reader.findings().error(
      *listener.value(key), code::bad_address,
      std::string("option '") + key + "' of " + owner + " wants " + why.why + ", not '" + text + "'",
      {.note = why.note});
}

SocketAccess read_access(Reader& reader, const Node& listener, const std::string& owner, const Written& written) {
  SocketAccess access;
  const auto read = [&](const char* key, const std::optional<std::string>& text, auto parse, auto& to) {
    const Entry* entry = listener.find(key);
    if (entry == nullptr || !text) return;
    if (!written.bind.starts_with("unix:")) {
      reader.findings().error(
          entry->key, code::unknown_key,
          std::string("option '") + key + "' of " + owner + " is for unix sockets, not for '" + written.bind + "'");
      return;
    }
    const Parsed<unsigned> parsed = parse(*text);
    if (const auto* why = std::get_if<Misfit>(&parsed)) return misfit(reader, listener, key, owner, *text, *why);
    to = std::get<unsigned>(parsed);
  };
  read("mode", written.mode, parsed_mode, access.mode);
  read("owner", written.owner, parsed_user, access.owner);
  read("group", written.group, parsed_group, access.group);
  return access;
}

std::optional<ListenerSettings> read_listener(Reader& reader, const Entry& entry, const Node* server) {
  const std::string owner = "listener '" + entry.key.text + "'";
  Node written = entry.value;
  std::erase_if(written.entries, [](const Entry& one) { return one.key.text == "limits" || one.key.text == "tls"; });
  Written values;
  if (!listener_fields().read(reader, &written, entry.key, owner, values)) return std::nullopt;
  Parsed<std::string> parsed = address(values.bind, written.value("bind")->source->directory());
  if (const Misfit* why = std::get_if<Misfit>(&parsed)) {
    misfit(reader, written, "bind", owner, values.bind, *why);
    return std::nullopt;
  }
  ListenerSettings listener{entry.key.text, std::move(std::get<std::string>(parsed)), values.origin,
                            read_access(reader, written, owner, values),
                            read_listener_limits(reader, entry.value.value("limits"), server, owner)};
  if (const Entry* tls = entry.value.find("tls"))
    listener.tls = read_tls(reader, tls->value, tls->key, "'tls' of " + owner);
  listener.redirect_to_https = values.redirect_to_https;
  return listener;
}

// `section` has all listeners.
void check_redirects(Reader& reader, const Node& section) {
  bool with_tls = false;
  for (const Entry& entry : section.entries) with_tls = with_tls || entry.value.value("tls") != nullptr;
  for (const Entry& entry : section.entries) {
    const Node* redirect = entry.value.value("redirect");
    if (redirect == nullptr || redirect->is_off()) continue;
    if (entry.value.value("tls") != nullptr)
      reader.findings().error(*redirect, code::unknown_key,
                              "listener '" + entry.key.text + "' has TLS itself: there is nothing to redirect");
    else if (!with_tls)
      reader.findings().error(*redirect, code::missing, "no listener has TLS, so there is nowhere to redirect to",
                              {.note = {}, .help = "give another listener tls: { certificate: …, private_key: … }"});
  }
}

void check_twice(Reader& reader, const Node& bind, const ListenerSettings& one,
                 const std::vector<ListenerSettings>& others) {
  if (one.bind.ends_with(":0") && !one.bind.starts_with("unix:")) return;
  for (const ListenerSettings& other : others)
    if (other.bind == one.bind)
      reader.findings().error(bind, code::twice,
                              "listener '" + one.name + "' has the address of listener '" + other.name + "'",
                              {.note = first_at(other.origin, bind), .help = {}});
}

}  // namespace

const std::vector<base::Option>& listener_options() { return listener_fields().options(); }

std::vector<ListenerSettings> read_listeners(Reader& reader, const Node* section, const Node& root) {
  std::vector<ListenerSettings> listeners;
  const std::string example = "listeners: { web: { bind: \"127.0.0.1:8080\" } }";
  if (section == nullptr) {
    reader.findings().error(root, code::missing, "the configuration needs the key 'listeners'",
                            {.note = {}, .help = "for example " + example});
    return listeners;
  }
  if (!section->is_mapping() || section->entries.empty()) {
    reader.findings().error(*section, code::wrong_type,
                            "'listeners' wants a mapping of at least one name to its address",
                            {.note = {}, .help = "for example " + example});
    return listeners;
  }
  for (const Entry& entry : section->entries) {
    std::optional<ListenerSettings> one = read_listener(reader, entry, root.value("server"));
    if (!one) continue;
    check_twice(reader, *entry.value.value("bind"), *one, listeners);
    listeners.push_back(std::move(*one));
  }
  check_redirects(reader, *section);
  return listeners;
}

}  // namespace kirsch::config
