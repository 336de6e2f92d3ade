// Texts made of one table, so that none of them can say something else.
#include "command/reference.h"

#include <set>
#include <sstream>

namespace kirsch::command {
namespace {

std::vector<std::string> names_of(const OptionReference& option) {
  std::vector<std::string> names;
  std::istringstream words(option.names);
  for (std::string name; std::getline(words, name, ',');) names.push_back(name);
  return names;
}

// Options and verbs that may follow.
std::string words_of(const VerbReference& verb) {
  std::string words;
  for (const auto& one : verb.verbs) words += one.name + ' ';
  for (const auto& option : verb.options) {
    if (option.positional) continue;
    for (const auto& name : names_of(option)) words += name + ' ';
  }
  if (!words.empty()) words.pop_back();
  return words;
}

// The names of options that take a value; `files`: of those whose value is a file or directory.
void collect_valued(const VerbReference& verb, bool files, std::set<std::string>& names) {
  for (const auto& option : verb.options) {
    const bool file = option.value == "FILE" || option.value == "DIRECTORY";
    if (option.positional || option.value.empty() || (files && !file)) continue;
    for (const auto& name : names_of(option)) names.insert(name);
  }
  for (const auto& one : verb.verbs) collect_valued(one, files, names);
}

// As a pattern of `case`: "-c | --config | --path".
std::string valued_pattern(const VerbReference& command, bool files) {
  std::set<std::string> names;
  collect_valued(command, files, names);
  std::string pattern;
  for (const auto& name : names) pattern += (pattern.empty() ? "" : " | ") + name;
  return pattern;
}

void append_case(std::string& out, const VerbReference& verb, const std::string& path) {
  out.append("    '").append(path).append("') words='").append(words_of(verb)).append("' ;;\n");
  for (const auto& one : verb.verbs) append_case(out, one, path.empty() ? one.name : path + ' ' + one.name);
}

std::string in_quotes(std::string text) {
  for (auto at = text.find('\''); at != text.npos; at = text.find('\'', at + 4)) text.replace(at, 1, "'\\''");
  return "'" + text + "'";
}

void append_fish(std::string& out, const VerbReference& verb, const std::string& condition) {
  for (const auto& one : verb.verbs) {
    out += "complete -c kirsch -f -n " + in_quotes(condition) + " -a " + one.name + " -d " + in_quotes(one.help) + '\n';
    append_fish(out, one, "__fish_seen_subcommand_from " + one.name);
  }
  for (const auto& option : verb.options) {
    if (option.positional) continue;
    out += "complete -c kirsch -n " + in_quotes(condition);
    for (const auto& name : names_of(option))
      out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    if (!option.value.empty()) out += option.value == "FILE" || option.value == "DIRECTORY" ? " -r -F" : " -x";
    out += " -d " + in_quotes(option.help) + '\n';
  }
}

// A dot or quote at the start of a line is a request of roff, a backslash anywhere an escape.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

void append_option(std::string& out, const OptionReference& option) {
  std::string names;
  for (const auto& name : names_of(option)) names += (names.empty() ? "" : ", ") + name;
  out += ".TP\n.BI \"" + roff(names) + (option.value.empty() ? "" : " \" " + roff(option.value) + " \"") + "\"\n" +
         roff(option.help) + "\n";
}

void append_manual(std::string& out, const VerbReference& verb, const std::string& path) {
  std::string synopsis = path;
  for (const auto& option : verb.options) {
    if (option.positional) synopsis += " [" + option.names + "]";
  }
  if (verb.verbs.empty()) out += ".TP\n.B " + roff(synopsis) + "\n" + roff(verb.help) + "\n";
  for (const auto& option : verb.options) {
    if (!verb.verbs.empty() || option.positional || option.names.starts_with("-h")) continue;
    out += ".RS\n";
    append_option(out, option);
    out += ".RE\n";
  }
  for (const auto& one : verb.verbs) append_manual(out, one, path + ' ' + one.name);
}

}  // namespace

std::string bash_completion(const VerbReference& command) {
  std::string out =
      "# Completion of kirsch for bash: put it into /etc/bash_completion.d/ or source it.\n"
      "_kirsch() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} path='' word words=''\n"
      "  case $previous in\n"
      "    " +
      valued_pattern(command, true) +
      ") COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n"
      "  esac\n"
      "  local value=no\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    if [[ $value == no && $word != -* && $word != */* ]]; then path=\"${path:+$path }$word\"; fi\n"
      "    case $word in " +
      valued_pattern(command, false) +
      ") value=yes ;; *) value=no ;; esac\n"
      "  done\n"
      "  case $path in\n";
  append_case(out, command, "");
  out +=
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "}\n"
      "complete -F _kirsch kirsch\n";
  return out;
}

std::string zsh_completion(const VerbReference& command) {
  return "#compdef kirsch\n# Completion of kirsch for zsh: put it into a folder of fpath as _kirsch, or source it.\n"
         "autoload -U +X bashcompinit && bashcompinit\n" +
         bash_completion(command);
}

std::string fish_completion(const VerbReference& command) {
  std::string out = "# Completion of kirsch for fish: put it into ~/.config/fish/completions/kirsch.fish.\n";
  append_fish(out, command, "__fish_use_subcommand");
  return out;
}

std::string manual(const VerbReference& command, const std::string& version) {
  std::string out = ".TH KIRSCH 8 \"\" \"kirsch " + roff(version) +
                    "\" \"System administration\"\n.SH NAME\nkirsch \\- " + roff(command.help) +
                    "\n.SH SYNOPSIS\n.B kirsch\n.I VERB\n.RI [ OPTION ]...\n.SH OPTIONS\n";
  for (const auto& option : command.options) append_option(out, option);
  out += ".SH VERBS\n";
  append_manual(out, command, "kirsch");
  out +=
      ".SH EXIT STATUS\n0 ok, 1 internal error, 2 usage, 3 configuration refused, 4 module refused, 5 bind or "
      "permission,\n"
      "6 not running, 7 timed out, 8 reload rejected and the old configuration kept.\n"
      ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nno colours, also on a terminal\n.TP\n.B STATE_DIRECTORY\n"
      "where private copies and spooled bodies go, unless the configuration says\n"
      ".SH FILES\n.TP\n.I /etc/kirsch/kirsch.yaml\nthe configuration, unless \\-c names another\n"
      ".SH EXAMPLES\n.TP\n.B kirsch check \\-c kirsch.yaml\nfinds mistakes without running any module, with line, "
      "column and fix\n.TP\n"
      ".B kirsch routes http://www.example.org/a\nsays which path answers, and where each value comes from\n.TP\n"
      ".B kirsch schema > kirsch.schema.json\nfor an editor with a YAML language server\n";
  return out;
}

}  // namespace kirsch::command
