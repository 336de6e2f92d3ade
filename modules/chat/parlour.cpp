// Messages are JSON objects with a `type`; those of type `said` are numbered, so that nobody takes one for two.
#include "parlour.h"

#include "json.h"

namespace chat {
namespace {

template <class Texts, class Show>
std::string array(const Texts& texts, Show show) {
  std::string made = "[";
  for (const auto& text : texts) {
    if (made.size() > 1) made += ',';
    made += show(text);
  }
  return made += ']';
}

}  // namespace

std::string Parlour::enter(std::string_view wished) {
  std::string name(wished);
  for (unsigned number = 2; !names_.insert(name).second; ++number)
    name = std::string(wished) + ' ' + std::to_string(number);
  return name;
}

std::string Parlour::say(std::string_view name, std::string_view text, std::size_t kept) {
  auto said = R"({"type":"said","number":)" + std::to_string(++count_) + R"(,"name":)" + quoted(name) + R"(,"text":)" +
              quoted(text) + "}";
  said_.push_back(said);
  while (said_.size() > kept) said_.pop_front();
  return said;
}

std::string Parlour::present() const {
  return R"({"type":"present","names":)" + array(names_, [](const std::string& name) { return quoted(name); }) + "}";
}

std::string Parlour::history() const {
  return R"({"type":"history","said":)" + array(said_, [](const std::string& said) { return said; }) + "}";
}

}  // namespace chat
