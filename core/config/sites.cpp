// The top keys `tools`, `pipelines`, `sites` and `paths`.
#include "config/sites.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "config/code.h"
#include "config/host_names.h"
#include "config/merge.h"
#include "config/path_table.h"
#include "config/section.h"
#include "config/server.h"
#include "config/tool_level.h"

namespace kirsch::config {
namespace {

class SiteReader {
 public:
  SiteReader(Reader& reader, const Node& root, const std::vector<ListenerSettings>& listeners)
      : reader_(reader),
        root_(root),
        listeners_(listeners),
        levels_(reader),
        merge_(reader),
        claims_(reader.findings()) {}

  std::vector<Site> read();

 private:
  // The values of a site's keys; null: not written.
  struct Keys {
    const Node* hosts = nullptr;
    const Node* listeners = nullptr;
    const Node* limits = nullptr;
    const Node* tools = nullptr;
    const Node* paths = nullptr;
  };

  void read_sites(const Node& sites);
  void read_site(const Node& node);
  void add(const Node& at, const Keys& keys);
  std::vector<std::size_t> listeners(const Node* names);
  void listener(const Node& item, std::vector<std::size_t>& indices);
  void warn_of_idle_listeners() const;

  Reader& reader_;
  const Node& root_;
  const std::vector<ListenerSettings>& listeners_;
  ToolLevels levels_;
  Merge merge_;
  HostClaims claims_;
  ToolLevel top_;
  std::vector<Site> sites_;
};

std::vector<Site> SiteReader::read() {
  if (const Node* pipelines = root_.value("pipelines")) levels_.read_pipelines(*pipelines);
  if (const Node* tools = root_.value("tools")) top_ = levels_.level(*tools);
  const Entry* sites = root_.find("sites");
  const Entry* paths = root_.find("paths");
  if (sites != nullptr && paths != nullptr)
    reader_.findings().error(paths->key, code::wrong_type, "'paths' beside 'sites' belongs to no site",
                             {.note = {}, .help = "move it into a site with hosts: [default]"});
  if (sites != nullptr) {
    read_sites(sites->value);
  } else {
    if (paths == nullptr)
      reader_.findings().warning(root_, code::missing, "no site and no path: every request is answered 404",
                                 {.note = {}, .help = "add paths: { /: { handler: { NAME: {} } } }"});
    add(paths == nullptr ? root_ : paths->key, {.paths = paths == nullptr ? nullptr : &paths->value});
  }
  levels_.warn_of_unused();
  warn_of_idle_listeners();
  return std::move(sites_);
}

void SiteReader::read_sites(const Node& sites) {
  if (!sites.is_sequence() || sites.items.empty()) {
    reader_.findings().error(sites, code::wrong_type, "'sites' wants a list of at least one site",
                             {.note = {}, .help = "begin each site with '- hosts: […]'"});
    return;
  }
  for (const Node& site : sites.items) read_site(site);
}

void SiteReader::read_site(const Node& node) {
  if (!check_section(reader_.findings(), node, "a site", {"hosts", "listeners", "limits", "tools", "paths"})) return;
  add(node,
      {node.value("hosts"), node.value("listeners"), node.value("limits"), node.value("tools"), node.value("paths")});
}

void SiteReader::add(const Node& at, const Keys& keys) {
  Site site{read_hosts(reader_, keys.hosts, at), listeners(keys.listeners), {}, at.position()};
  PathTable::Outer outer{.tools = {&top_}};
  ToolLevel own;
  if (keys.tools != nullptr) own = levels_.level(*keys.tools);
  outer.tools.push_back(&own);
  if (keys.limits != nullptr) outer.body = read_body_limit(reader_, *keys.limits, "'limits' of a site");
  PathTable table(reader_, levels_);
  if (keys.paths != nullptr) table.read(*keys.paths);
  site.paths = table.merged(merge_, outer);
  claims_.claim(site.hosts, site.listeners, keys.hosts == nullptr ? at : *keys.hosts);
  sites_.push_back(std::move(site));
}

void SiteReader::warn_of_idle_listeners() const {
  const Node* declared = root_.value("listeners");
  for (std::size_t index = 0; index < listeners_.size(); ++index) {
    const auto serves = [&](const Site& site) {
      return std::ranges::find(site.listeners, index) != site.listeners.end();
    };
    if (std::ranges::any_of(sites_, serves) || sites_.empty()) continue;
    reader_.findings().warning(declared->find(listeners_[index].name)->key, code::unused,
                               "no site answers on listener '" + listeners_[index].name + "'",
                               {.note = {}, .help = "name it in the 'listeners' of a site, or remove it"});
  }
}

std::vector<std::size_t> SiteReader::listeners(const Node* names) {
  std::vector<std::size_t> indices;
  if (names == nullptr) {
    for (std::size_t index = 0; index < listeners_.size(); ++index) indices.push_back(index);
  } else if (!names->is_sequence() || names->items.empty()) {
    reader_.findings().error(*names, code::wrong_type,
                             "'listeners' of a site wants a list of at least one name, not " + description(*names),
                             {.note = {}, .help = names->is_scalar() ? "write [" + names->text + "]" : ""});
  } else {
    for (const Node& item : names->items) listener(item, indices);
  }
  return indices;
}

void SiteReader::listener(const Node& item, std::vector<std::size_t>& indices) {
  if (!item.is_scalar()) {
    reader_.findings().error(item, code::wrong_type, "'listeners' of a site wants names, not " + description(item));
    return;
  }
  const std::optional<Node> name = reader_.expanded(item);
  if (!name) return;
  const auto found = std::find_if(listeners_.begin(), listeners_.end(),
                                  [&](const ListenerSettings& one) { return one.name == name->text; });
  if (found != listeners_.end()) {
    const auto index = static_cast<std::size_t>(found - listeners_.begin());
    if (std::find(indices.begin(), indices.end(), index) == indices.end()) indices.push_back(index);
    return;
  }
  const Node* declared = root_.value("listeners");
  if (declared != nullptr && declared->find(name->text) != nullptr) return;  // what is wrong there is reported
  std::vector<std::string> known;
  for (const ListenerSettings& one : listeners_) known.push_back(one.name);
  reader_.findings().error(
      item, code::unknown_reference, "unknown listener '" + name->text + "'",
      {.note = base::did_you_mean(name->text, known), .help = "listeners are declared under the top key 'listeners'"});
}

}  // namespace

std::optional<std::uint64_t> read_body_limit(Reader& reader, const Node& limits, const std::string& owner) {
  if (!check_section(reader.findings(), limits, owner, {"body"})) return std::nullopt;
  const Node* body = limits.value("body");
  if (body == nullptr) return std::nullopt;
  const std::optional<base::Value> value = reader.value(*body, body_limit(), "option 'body' of " + owner);
  return value ? std::optional(static_cast<std::uint64_t>(std::get<std::int64_t>(value->data))) : std::nullopt;
}

std::vector<Site> read_sites(Reader& reader, const Node& root, const std::vector<ListenerSettings>& listeners) {
  return SiteReader(reader, root, listeners).read();
}

}  // namespace kirsch::config
