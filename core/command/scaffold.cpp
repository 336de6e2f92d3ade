// The texts stand in scaffold/*.in and are compiled into the command, so that they fit its SDK.
#include "command/scaffold.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iostream>

#include "command/project.h"
#include "command/scaffold_text.h"
#include "command/terminal.h"

namespace kirsch::command {
namespace {

namespace fs = std::filesystem;

bool is_module_name(std::string_view name) {
  const auto allowed = [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_';
  };
  return !name.empty() && name.size() <= 40 && std::ranges::all_of(name, allowed) && name[0] >= 'a' &&
         !name.ends_with('_') && name.find("__") == name.npos;
}

void check_name(const std::string& name, const ModulePlaces& places) {
  if (!is_module_name(name))
    throw project_refusal("'" + name + "' cannot be the name of a module",
                          "write up to 40 lower-case letters and digits, words joined by _, such as request_id");
  if (name == "use")
    throw project_refusal("'use' has a meaning of its own in the configuration", "choose another name");
  if (name == "null") throw project_refusal("'null' has a meaning of its own in YAML: no name", "choose another name");
  const auto found = search(places);
  for (const auto& file : found.catalogue.files()) {
    const bool provides =
        std::ranges::any_of(file->manifest->provides, [&](const auto& offer) { return offer.name == name; });
    if (provides || file->manifest->name == name)
      throw project_refusal("'" + name + "' is taken: " + file->path.string() + " provides it",
                            "choose another name: one server loads modules of all authors");
  }
  std::error_code error;
  if (fs::exists(fs::symlink_status(name, error)))
    throw project_refusal("'" + name + "' is there already", "remove it, or choose another name");
}

// The words of a name, each with a capital letter, with `between` them.
std::string capitalized(const std::string& name, const std::string& between) {
  std::string result;
  bool first = true;
  for (const char letter : name) {
    if (first && !result.empty()) result += between;
    if (letter != '_') result += first ? static_cast<char>(std::toupper(letter)) : letter;
    first = letter == '_';
  }
  return result;
}

std::string filled(std::string text, const std::string& name) {
  const std::array<std::pair<std::string, std::string>, 3> values{
      {{"$name", name}, {"$type", capitalized(name, "")}, {"$header", "X-" + capitalized(name, "-")}}};
  for (const auto& [mark, value] : values) {
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size()))
      text.replace(at, mark.size(), value);
  }
  return text;
}

void write(const fs::path& file, const std::string& text) {
  std::ofstream stream(file);
  stream << text;
  if (!stream.flush()) throw std::system_error(errno, std::generic_category(), file.string());
}

}  // namespace

base::ExitCode make_module(const std::string& name, const std::string& kind, const ModulePlaces& places) noexcept {
  return guarded([&] {
    check_name(name, places);
    make_folder(name);
    std::string made;
    for (const auto& [file, text] : scaffold_of(kind)) {
      const auto path = fs::path(name) / filled(file, name);
      write(path, filled(text, name));
      made += "  " + path.string() + '\n';
    }
    std::cout << "Made:\n" << made << "Next: cd " << name << " && kirsch module dev\n";
    return base::ExitCode::ok;
  });
}

}  // namespace kirsch::command
