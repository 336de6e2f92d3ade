// One verb each; CLI11 parses, this names what each does.
#include "server/command_line.h"

#include <CLI/CLI.hpp>

#include "kirsch/abi.h"
#include "server/run.h"

namespace kirsch::server {
namespace {

void print_version() {
  std::cout << "kirsch " KIRSCH_VERSION " (module ABI " << KIRSCH_ABI_MAJOR << '.' << KIRSCH_ABI_MINOR << ")\n";
}

}  // namespace

base::ExitCode run_command_line(int count, char** arguments) {
  CLI::App command("An HTTP server whose tools, handlers and plugins are shared objects that YAML names.", "kirsch");
  command.require_subcommand(1);
  command.set_version_flag("--version", "kirsch " KIRSCH_VERSION);
  std::string file = "/etc/kirsch/kirsch.yaml";
  const auto with_file = [&file](CLI::App* verb) {
    verb->add_option("-c,--config", file, "the configuration")->capture_default_str();
    return verb;
  };
  const auto* run = with_file(command.add_subcommand("run", "serve in the foreground"));
  const auto* check =
      with_file(command.add_subcommand("check", "find every mistake without running code of any module"));
  command.add_subcommand("version", "print versions");

  try {
    command.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return command.exit(error) == 0 ? base::ExitCode::ok : base::ExitCode::usage;
  }
  if (run->parsed()) return run_server(file);
  if (check->parsed()) return check_configuration(file);
  print_version();
  return base::ExitCode::ok;
}

}  // namespace kirsch::server
