// Sets, adds, defaults and removes header fields of answers, whatever their status unless an entry says which.
#include <kirsch/module.h>

#include <algorithm>
#include <span>

#include "field_list.h"

namespace {

using namespace response_headers;

struct ResponseHeaders {
  Entries set;
  Entries add;
  Entries defaults;
  Removals remove;

  static constexpr auto options = kirsch::options(
      kirsch::opt<&ResponseHeaders::set>("set", "{}", "name: value, in place of all lines of that name"),
      kirsch::opt<&ResponseHeaders::add>("add", "{}", "name: value, beside the lines of that name"),
      kirsch::opt<&ResponseHeaders::defaults>("default", "{}", "name: value, where nobody has given one"),
      kirsch::opt<&ResponseHeaders::remove>("remove", "{}", "name: true"));

  void prepare() {
    removed_ = compile("remove", remove);
    defaulted_ = compile("default", defaults);
    set_ = compile("set", set);
    added_ = compile("add", add);
    for (const auto& [name, lines, statuses] : set_) {
      if (kirsch::same_field(name, "Set-Cookie")) {
        throw kirsch::OptionError("set", "setting Set-Cookie would drop the cookies of handlers: write it under add");
      }
    }
    refuse_contradiction(defaulted_, "default");
    refuse_contradiction(set_, "set");
    refuse_contradiction(added_, "add");
  }

  void before_finalize(kirsch::Exchange& exchange) const {
    auto response = exchange.response();
    const auto status = response.status();
    if (status == 101) return;  // its fields are what another protocol has agreed on
    auto headers = response.headers();
    for (const auto& name : removed_) headers.remove(name);
    for (const auto& field : defaulted_) {
      if (field.applies_to(status) && !headers.find(field.name)) add_lines(headers, field);
    }
    for (const auto& field : set_) {
      if (!field.applies_to(status)) continue;
      headers.set(field.lines.front());
      for (const auto& line : std::span(field.lines).subspan(1)) headers.add(line);
    }
    for (const auto& field : added_) {
      if (field.applies_to(status)) add_lines(headers, field);
    }
  }

 private:
  static void add_lines(kirsch::ResponseHeaders& headers, const Field& field) {
    for (const auto& line : field.lines) headers.add(line);
  }

  // One of the two stands on an outer level, and whichever won would surprise the writer of the other.
  void refuse_contradiction(const std::vector<Field>& fields, const std::string& option) const {
    for (const auto& field : fields) {
      const bool also_removed = std::any_of(removed_.begin(), removed_.end(), [&](const std::string& name) {
        return kirsch::same_field(name, field.name);
      });
      if (!also_removed) continue;
      const std::string off = ": { " + field.name + ": off }";
      throw kirsch::OptionError("remove", field.name + " stands under " + option + " too: take one of them back with " +
                                              option + off + " or remove" + off);
    }
  }

  std::vector<std::string> removed_;
  std::vector<Field> defaulted_;
  std::vector<Field> set_;
  std::vector<Field> added_;
};

}  // namespace

KIRSCH_MODULE("response_headers", "1.0.0", kirsch::summary("Header fields of answers, from the configuration"),
              kirsch::requires_feature(KIRSCH_FEATURE_FIELD),
              kirsch::tool<ResponseHeaders>("response_headers")
                  .priority(kirsch::Hook::before_finalize, 95)
                  .failsafe(kirsch::Hook::before_finalize));
