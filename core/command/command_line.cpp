// One verb each; CLI11 parses, this names what each does. Help, completion and manual are made from the same table.
#include "command/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>

#include "command/check.h"
#include "command/modules.h"
#include "command/terminal.h"
#include "kirsch/abi.h"
#include "server/run.h"

namespace kirsch::command {
namespace {

using base::ExitCode;

// What the arguments say.
struct Arguments {
  std::string configuration = "/etc/kirsch/kirsch.yaml";
  bool json = false;
  std::vector<std::string> module_paths;
  std::string module;
};

// The verb that was chosen.
using Action = std::function<ExitCode(const Arguments&)>;

class Table {
 public:
  Table() {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", "kirsch " KIRSCH_VERSION);
    app_.footer(
        "Exit codes: 0 ok, 1 internal, 2 usage, 3 configuration, 4 module refused, 5 bind or permission, 6 not "
        "running,\n"
        "7 timed out, 8 reload rejected.");
    with_file(verb("run", "serve in the foreground", run));
    with_json(with_file(verb("check", "find every mistake without running code of any module",
                             [](const Arguments& given) { return check(given.configuration, given.json); })));
    add_module();
    verb("version", "print versions", version);
  }

  ExitCode run_chosen(int count, char** arguments) {
    try {
      app_.parse(count, arguments);
    } catch (const CLI::ParseError& error) {
      return app_.exit(error) == 0 ? ExitCode::ok : ExitCode::usage;
    }
    return action_(arguments_);
  }

 private:
  CLI::App* verb(const std::string& name, const std::string& help, Action action, CLI::App* parent = nullptr) {
    auto* made = (parent == nullptr ? &app_ : parent)->add_subcommand(name, help);
    made->final_callback([this, action = std::move(action)] { action_ = action; });
    return made;
  }
  CLI::App* with_file(CLI::App* made) {
    made->add_option("-c,--config", arguments_.configuration, "the configuration")
        ->capture_default_str()
        ->type_name("FILE");
    return made;
  }
  CLI::App* with_json(CLI::App* made) {
    made->add_flag("--json", arguments_.json, "for programs");
    return made;
  }
  CLI::App* with_paths(CLI::App* made) {
    made->add_option("--path", arguments_.module_paths, "look here instead of in plugins.path; may be repeated")
        ->type_name("DIRECTORY");
    return with_json(with_file(made));
  }
  void add_module() {
    auto* module = app_.add_subcommand("module", "what modules there are, without running code of any");
    module->require_subcommand(1);
    with_paths(verb(
        "list", "names, versions and what they provide",
        [](const Arguments& given) {
          return list_modules({given.configuration, given.module_paths}, given.json);
        },
        module));
    auto* info = with_paths(verb(
        "info", "all that one says: hooks, priorities, classes, options",
        [](const Arguments& given) {
          return show_module({given.configuration, given.module_paths}, given.module, given.json);
        },
        module));
    info->add_option("NAME", arguments_.module, "of a module, or of something it provides")->required();
  }

  static ExitCode run(const Arguments& given) {
    return guarded([&] {
      const auto blueprint = server::read_blueprint(given.configuration);
      print(blueprint.warnings);
      const auto ending = server::run_server(blueprint);
      print(ending.errors);
      if (ending.abandoned) {
        std::cout.flush();
        std::_Exit(static_cast<int>(ending.code));
      }
      return ending.code;
    });
  }
  static ExitCode version(const Arguments&) {
    std::cout << "kirsch " KIRSCH_VERSION " (module ABI " << KIRSCH_ABI_MAJOR << '.' << KIRSCH_ABI_MINOR << ")\n";
    return ExitCode::ok;
  }

  CLI::App app_{"An HTTP server whose tools, handlers and plugins are shared objects that YAML names.", "kirsch"};
  Arguments arguments_;
  Action action_;
};

}  // namespace

ExitCode run_command_line(int count, char** arguments) { return Table().run_chosen(count, arguments); }

}  // namespace kirsch::command
