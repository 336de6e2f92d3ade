// One verb each; CLI11 parses, this names what each does. Help, completion and manual are made from the same table.
#include "command/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "base/text.h"
#include "command/certificate.h"
#include "command/check.h"
#include "command/dev.h"
#include "command/module_build.h"
#include "command/module_check.h"
#include "command/module_test.h"
#include "command/modules.h"
#include "command/output.h"
#include "command/reference.h"
#include "command/routes.h"
#include "command/running.h"
#include "command/scaffold.h"
#include "command/schema.h"
#include "command/terminal.h"
#include "kirsch/abi.h"
#include "server/process_signals.h"
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
  std::string kind = "handler";
  std::string folder = ".";  // of a module
  DevOptions development;
  ModuleCheckOrder module_check;
  RouteQuery query;
  bool defaults = false;
  std::string shell;
  CertificateOrder certificate;
  std::vector<std::string> certificate_files;
  bool foreground = false;
  bool now = false;
  bool rehearsal = false;
  std::string control;
  unsigned patience = 0;  // seconds

  RunningServer running() const { return {configuration, control, std::chrono::seconds(patience)}; }
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
    with_file(&app_);  // before the verb it means the same
    with_file(serving(verb("run", "serve; in the foreground, unless the configuration names the daemonizer",
                           [](const Arguments& given) {
                             return serve(given, given.foreground ? config::EngineChange{.removed = "daemonizer"}
                                                                  : config::EngineChange{});
                           })))
        ->add_flag("--foreground", arguments_.foreground, "even if the configuration names the daemonizer");
    with_file(serving(verb("start", "serve in the background; returns when the server serves, or with its errors",
                           [](const Arguments& given) { return serve(given, {.added = "daemonizer"}); })));
    add_running();
    with_json(with_file(verb("check", "find the mistakes that can be found without running code of any module",
                             [](const Arguments& given) { return check(given.configuration, given.json); })));
    add_routes();
    add_module();
    add_certificate();
    with_paths(verb("schema", "print JSON Schema of the configuration, for editors", [](const Arguments& given) {
      return print_schema({given.configuration, given.module_paths});
    }));
    auto* shell = verb("completion", "print a script that completes the command", [this](const Arguments& given) {
      const auto known = reference_of(app_);
      std::cout << (given.shell == "bash"  ? bash_completion(known)
                    : given.shell == "zsh" ? zsh_completion(known)
                                           : fish_completion(known));
      return ExitCode::ok;
    });
    shell->add_option("SHELL", arguments_.shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}))
        ->type_name("");
    verb("man", "print the manual page: kirsch man | man -l -", [this](const Arguments&) {
      std::cout << manual(reference_of(app_), KIRSCH_VERSION);
      return ExitCode::ok;
    });
    verb("version", "print versions", version);
  }

  ExitCode run_chosen(int count, char** arguments) {
    try {
      app_.parse(count, arguments);
    } catch (const CLI::ParseError& error) {
      if (told_unknown_verb()) return ExitCode::usage;
      Output output(std::cout);
      return output.written(app_.exit(error) == 0 ? ExitCode::ok : ExitCode::usage);
    }
    if (std::ranges::any_of(serving_, &CLI::App::parsed)) return action_(arguments_);
    server::restore_signals();
    Output output(std::cout);
    return output.written(action_(arguments_));
  }

 private:
  // CLI11 says only that a verb is missing.
  bool told_unknown_verb() const {
    const CLI::App* asked = &app_;
    while (!asked->get_subcommands().empty()) asked = asked->get_subcommands().front();
    std::vector<std::string> known;
    for (const auto* one : asked->get_subcommands({})) known.push_back(one->get_name());
    const auto words = app_.remaining(true);
    const auto word = std::ranges::find_if(words, [](const auto& one) { return !one.starts_with('-'); });
    if (known.empty() || word == words.end()) return false;
    const auto whole = asked == &app_ ? std::string("kirsch") : "kirsch " + asked->get_name();
    print(std::vector{base::Diagnostic{.message = "there is no verb '" + *word + "'",
                                       .note = base::did_you_mean(*word, known),
                                       .help = whole + " --help lists the verbs"}});
    return true;
  }
  CLI::App* verb(const std::string& name, const std::string& help, Action action, CLI::App* parent = nullptr) {
    auto* made = (parent == nullptr ? &app_ : parent)->add_subcommand(name, help);
    made->final_callback([this, action = std::move(action)] { action_ = action; });
    return made;
  }
  // A verb that takes signals itself.
  CLI::App* serving(CLI::App* made) {
    serving_.push_back(made);
    return made;
  }
  CLI::App* with_file(CLI::App* made) {
    made->add_option("-c,--config", arguments_.configuration, "the configuration")
        ->check(CLI::Validator([](const std::string& file) { return file.empty() ? "'' names no file" : ""; }, ""))
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
    return with_file(made);
  }
  CLI::App* with_server(CLI::App* made) {
    made->add_option("--control", arguments_.control, "the control socket of the server, instead of a configuration")
        ->type_name("PATH");
    made->add_option("--timeout", arguments_.patience, "wait no longer (exit code 7)")->type_name("SECONDS");
    return with_file(made);
  }
  void add_running() {
    with_server(verb("stop", "end the server once what it accepted is served", [](const Arguments& given) {
      return stop(given.running(), given.now);
    }))->add_flag("--now", arguments_.now, "without waiting for what is in flight");
    with_server(verb("restart", "new processes take over; no connection is refused",
                     [](const Arguments& given) { return restart(given.running()); }));
    with_server(verb("reload", "serves the configuration as it is now, and says what has changed",
                     [](const Arguments& given) { return reload(given.running(), given.rehearsal); }))
        ->add_flag("--dry-run", arguments_.rehearsal, "says what a reload would come to, and changes nothing");
    with_json(with_server(verb("status", "what the server is doing",
                               [](const Arguments& given) { return status(given.running(), given.json); })));
  }
  void add_routes() {
    auto* routes = with_json(
        with_file(verb("routes", "which path answers what; of one URL: its tools in their order, and who said so",
                       [](const Arguments& given) {
                         const RoutesOptions options{given.configuration, given.json, given.defaults};
                         return given.query.url.empty() ? list_routes(options) : explain_route(options, given.query);
                       })));
    routes->add_option("URL", arguments_.query.url, "http://host/path, or /path");
    routes->add_option("--method", arguments_.query.method, "of the request")
        ->capture_default_str()
        ->type_name("METHOD");
    routes->add_option("--from", arguments_.query.from, "the client")->capture_default_str()->type_name("ADDRESS");
    routes->add_option("-H,--header", arguments_.query.headers, "'Name: value'; may be repeated")->type_name("LINE");
    routes->add_option("--listener", arguments_.query.listener, "where the request arrives")->type_name("NAME");
    routes->add_flag("--defaults", arguments_.defaults, "also values that nobody wrote");
  }
  void add_module() {
    auto* module = app_.add_subcommand(
        "module", "what modules there are; and for authors: a new one, built, served, tested and tried");
    module->require_subcommand(1);
    const auto list = [](const Arguments& given) {
      return list_modules({given.configuration, given.module_paths}, given.json);
    };
    const auto show = [](const Arguments& given) {
      return show_module({given.configuration, given.module_paths}, given.module, given.json);
    };
    with_json(with_paths(verb("list", "names, versions and what they provide; no code of any runs", list, module)));
    auto* info =
        with_json(with_paths(verb("info", "all that one says: hooks, priorities, classes, options", show, module)));
    info->add_option("NAME", arguments_.module, "of a module, or of something it provides")->required();
    auto& order = arguments_.module_check;
    auto* check = with_json(verb(
        "check", "tries a module as no server should have to; its code runs with your rights, in child processes",
        [](const Arguments& given) { return check_module(given.module_check, given.json); }, module));
    check->add_option("FILE", order.file, "the .so")->required()->type_name("");
    check->add_option("--path", order.paths, "where modules are that it needs; may be repeated")
        ->type_name("DIRECTORY");
    check->add_option("--with", order.options, "'NAME: { option: value }' of what it provides; may be repeated")
        ->type_name("YAML");
    add_authoring(*module);
  }
  void add_authoring(CLI::App& module) {
    auto* made = with_paths(verb(
        "new", "make a folder with a small module, its test and what is served of it",
        [](const Arguments& given) {
          return make_module(given.module, given.kind, {given.configuration, given.module_paths});
        },
        &module));
    made->add_option("NAME", arguments_.module, "lower-case words joined by _; also the name in YAML")->required();
    std::vector<CLI::Option*> kinds;
    for (const auto& [kind, help] : {std::pair("handler", "answers a path (the default)"),
                                     {"tool", "runs at hook points of a request"},
                                     {"plugin", "follows the life of the process"},
                                     {"websocket", "is an application for WebSocket"},
                                     {"storage", "is a storage of sessions"}}) {
      auto* flag = made->add_flag_callback(
          "--" + std::string(kind), [this, kind = kind] { arguments_.kind = kind; }, help);
      for (auto* other : kinds) flag->excludes(other);
      kinds.push_back(flag);
    }
    verb(
        "build", "compile the module of this folder: build/plugins/NAME.so",
        [](const Arguments&) { return build_module(); }, &module);
    auto* tested = verb(
        "test", "build the module of a folder and its tests, and run them",
        [](const Arguments& given) { return test_module(given.folder); }, &module);
    tested->add_option("FOLDER", arguments_.folder, "of the module [the working directory]")->type_name("");
    auto* developed = serving(verb(
        "dev", "build the module of this folder, serve module.yaml, and do both anew after each edit; until Ctrl-C",
        [](const Arguments& given) { return develop(given.development); }, &module));
    developed->add_flag("--asan", arguments_.development.sanitized,
                        "with AddressSanitizer, which finds misuse of memory");
    developed->add_option("--port", arguments_.development.port, "of 127.0.0.1; 0: any [8080, or any if it is taken]")
        ->check(CLI::Range(0, 65535))
        ->type_name("NUMBER");
  }

  void add_certificate() {
    auto* certificate =
        app_.add_subcommand("certificate", "certificates for development, what one says, and new ones for a server");
    certificate->require_subcommand(1);
    auto& order = arguments_.certificate;
    auto* self_signed = verb(
        "self-signed", "cert.pem and privkey.pem that only this machine is to trust",
        [](const Arguments& given) { return make_self_signed(given.certificate); }, certificate);
    auto* local = verb(
        "local-ca", "the same, issued by ca.pem, which is made if it is missing; browsers are told to trust that",
        [](const Arguments& given) { return make_with_local_authority(given.certificate); }, certificate);
    local->add_option("--client", order.client, "make the certificate of a client instead")->type_name("NAME");
    for (auto* one : {self_signed, local}) {
      one->add_option("--host", order.hosts, "a name or an address; may be repeated")->type_name("NAME");
      one->add_option("--directory", order.directory, "where the files go")
          ->capture_default_str()
          ->type_name("DIRECTORY");
      one->add_option("--days", order.days, "how long it is valid")
          ->capture_default_str()
          ->check(CLI::Range(1, 3650))
          ->type_name("DAYS");
      one->add_flag("--rsa", order.rsa, "an RSA key; ECDSA costs a server a third of the time");
      one->add_flag("--force", order.force, "replace files");
    }
    auto* show = with_json(with_file(verb(
        "show", "names, dates and problems of certificates in files, or of those in use by the configuration",
        [](const Arguments& given) {
          return show_certificates(given.certificate_files, given.configuration, given.json);
        },
        certificate)));
    with_server(verb(
        "reload", "a running server reads its certificates anew; if one is broken, all old ones stay",
        [](const Arguments& given) { return reload_certificates(given.running()); }, certificate));
    show->add_option("FILE", arguments_.certificate_files, "PEM; several are possible")->type_name("");
  }

  static VerbReference reference_of(const CLI::App& app) {
    VerbReference verb{app.get_name(), app.get_description(), {}, {}};
    for (const auto* option : app.get_options()) {
      const bool positional = option->get_positional();
      verb.options.push_back({option->get_name(positional, true),
                              option->get_items_expected_max() == 0 ? "" : option->get_type_name(),
                              option->get_description(), positional});
    }
    for (const auto* one : app.get_subcommands({})) verb.verbs.push_back(reference_of(*one));
    return verb;
  }

  static ExitCode serve(const Arguments& given, const config::EngineChange& change) {
    return guarded([&] {
      const auto ending = server::run_server(given.configuration, change, print);
      print(ending.errors);
      std::cerr << ending.text << std::flush;
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
  std::vector<const CLI::App*> serving_;
};

}  // namespace

ExitCode run_command_line(int count, char** arguments) { return Table().run_chosen(count, arguments); }

}  // namespace kirsch::command
