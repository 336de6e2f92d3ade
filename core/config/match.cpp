// Reading and comparing of `match`.
#include "config/match.h"

#include <algorithm>
#include <string_view>

#include "config/code.h"
#include "config/fields.h"

namespace kirsch::config {
namespace {

void set_methods(Match& to, const base::Value& value) {
  const std::vector<std::string>& names = match_options()[0].schema.element->names;
  for (const base::Value& one : std::get<base::Value::List>(value.data))
    to.methods.push_back(names[static_cast<std::size_t>(as_integer(one))]);
  // RFC 9110 9.3.2: HEAD is answered as GET is.
  const auto named = [&](const char* name) { return std::ranges::find(to.methods, name) != to.methods.end(); };
  if (named("GET") && !named("HEAD")) to.methods.insert(std::ranges::find(to.methods, "GET") + 1, "HEAD");
}

void set_clients(Match& to, const base::Value& value) {
  for (const base::Value& one : std::get<base::Value::List>(value.data)) to.clients.push_back(as_text(one));
}

void set_headers(Match& to, const base::Value& value) {
  for (const auto& [name, choice] : std::get<base::Value::Map>(value.data)) {
    const base::Value& chosen = std::get<base::Choice>(choice.data).value.front();
    if (const bool* present = std::get_if<bool>(&chosen.data))
      to.headers.push_back({name, std::nullopt, *present});
    else
      to.headers.push_back({name, as_text(chosen), true});
  }
}

const Fields<Match>& match_fields() {
  static const Fields<Match> fields = {
      {{"methods", "one of these; GET includes HEAD", "[]",
        list_of(enumeration({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}))},
       set_methods},
      {{"clients", "the client's address lies in one of these networks", "[]", list_of(network())}, set_clients},
      {{"headers", "each has this value; true: is there, false: is absent", "{}",
        map_of(one_of({boolean(), text(8192)}))},
       set_headers},
  };
  return fields;
}

bool is_token(std::string_view name) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";  // RFC 9110 5.6.2
  return !name.empty() && std::ranges::all_of(name, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

bool same_name(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, [](char left, char right) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
    return lower(left) == lower(right);
  });
}

bool inside(const std::string& network, const std::string& wider) {
  const auto bits = static_cast<unsigned char>(wider[16]);
  if (static_cast<unsigned char>(network[16]) < bits) return false;
  if (!std::equal(wider.begin(), wider.begin() + bits / 8, network.begin())) return false;
  if (bits % 8 == 0) return true;
  const auto mask = 0xff00U >> (bits % 8);
  return ((static_cast<unsigned char>(wider[bits / 8U]) ^ static_cast<unsigned char>(network[bits / 8U])) & mask &
          0xffU) == 0;
}

bool covers(const FieldMatch& wide, const FieldMatch& narrow) {
  return same_name(wide.name, narrow.name) && wide.present == narrow.present &&
         (!wide.value || wide.value == narrow.value);
}

}  // namespace

const std::vector<base::Option>& match_options() { return match_fields().options(); }

Match read_match(Reader& reader, const Node& node) {
  Match match;
  match.origin = node.position();
  if (!node.is_mapping()) {
    reader.findings().error(node, code::wrong_type, "'match' wants a mapping, not " + description(node),
                            {.note = {}, .help = "its keys: methods, clients, headers"});
    return match;
  }
  match_fields().read(reader, &node, node, "'match'", match);
  if (const Node* headers = node.value("headers"); headers != nullptr && headers->is_mapping())
    for (const Entry& entry : headers->entries)
      if (!is_token(entry.key.text))
        reader.findings().error(entry.key, code::wrong_type, "'" + entry.key.text + "' is no name of a header",
                                {.note = {}, .help = "a name has letters, digits and hyphens"});
  return match;
}

bool covers(const Match& wide, const Match& narrow) {
  const auto has_method = [&](const std::string& name) {
    return std::ranges::find(wide.methods, name) != wide.methods.end();
  };
  const auto has_network = [&](const std::string& one) {
    return std::ranges::any_of(wide.clients, [&](const std::string& other) { return inside(one, other); });
  };
  const auto demanded = [&](const FieldMatch& field) {
    return std::ranges::any_of(narrow.headers, [&](const FieldMatch& other) { return covers(field, other); });
  };
  if (!wide.methods.empty() && (narrow.methods.empty() || !std::ranges::all_of(narrow.methods, has_method)))
    return false;
  if (!wide.clients.empty() && (narrow.clients.empty() || !std::ranges::all_of(narrow.clients, has_network)))
    return false;
  return std::ranges::all_of(wide.headers, demanded);
}

bool contradict(const Match& one, const Match& other) {
  const auto has_method = [&](const std::string& name) {
    return std::ranges::find(other.methods, name) != other.methods.end();
  };
  const auto meets = [&](const std::string& network) {
    return std::ranges::any_of(
        other.clients, [&](const std::string& wanted) { return inside(network, wanted) || inside(wanted, network); });
  };
  if (!one.methods.empty() && !other.methods.empty() && std::ranges::none_of(one.methods, has_method)) return true;
  return !one.clients.empty() && !other.clients.empty() && std::ranges::none_of(one.clients, meets);
}

}  // namespace kirsch::config
