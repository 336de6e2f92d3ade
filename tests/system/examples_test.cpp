// Every configuration that a page of this project shows, and every file of config/, starts and answers.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/certificates.h"
#include "support/client.h"
#include "support/kirsch.h"
#include "support/markdown.h"
#include "support/own_namespaces.h"

namespace kirsch::test {
namespace {

struct Example {
  std::string name;
  std::string yaml;
  std::filesystem::path neighbours;  // the folder of the files that it names, if any
};

std::string test_name(const std::filesystem::path& file, std::size_t number) {
  auto name = std::filesystem::relative(file, source_folder()).string() + "_" + std::to_string(number);
  std::replace_if(
      name.begin(), name.end(), [](unsigned char byte) { return std::isalnum(byte) == 0; }, '_');
  return name;
}

// The pages that belong to the project, not what lies in build folders.
std::vector<std::filesystem::path> pages() {
  std::vector<std::filesystem::path> found;
  if (std::filesystem::exists(source_folder() / "README.md")) found.push_back(source_folder() / "README.md");
  for (const auto* folder : {"core", "modules", "plugins", "config", "tests", "tools"}) {
    if (!std::filesystem::exists(source_folder() / folder)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(source_folder() / folder)) {
      if (entry.path().filename() == "README.md") found.push_back(entry.path());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<Example> examples() {
  std::vector<Example> found;
  for (const auto& page : pages()) {
    std::size_t number = 0;
    const auto files = page.parent_path() / "example";
    for (const auto& block : blocks(contents_of(page))) {
      if (block.language == "yaml" && block.text.rfind("version: 1\n", 0) == 0) {
        found.push_back(
            {test_name(page, ++number), block.text, std::filesystem::exists(files) ? files : std::filesystem::path()});
      }
    }
  }
  for (const auto& entry : std::filesystem::directory_iterator(source_folder() / "config")) {
    if (entry.path().extension() != ".yaml") continue;
    if (entry.path().filename() == "production.yaml") continue;  // by production_test, as root and in the background
    found.push_back({test_name(entry.path(), 1), contents_of(entry.path()), entry.path().parent_path()});
  }
  return found;
}

// The kernel chooses the ports, so that tests do not meet.
std::string on_free_ports(std::string_view yaml) {
  constexpr std::string_view key = "bind:";
  std::string made;
  for (auto at = yaml.find(key); at != std::string_view::npos; at = yaml.find(key)) {
    at = yaml.find_first_not_of(' ', at + key.size());
    const bool quoted = yaml[at] == '"';
    const auto end = quoted ? yaml.find('"', at + 1) + 1 : yaml.find_first_of(" ,}\n", at);
    const auto address = yaml.substr(at, end - at);
    made.append(yaml.substr(0, at));
    made.append(address.find("unix:") != std::string_view::npos ? address : "\"127.0.0.1:0\"");
    yaml.remove_prefix(end);
  }
  return made.append(yaml);
}

bool names(const std::string& yaml, const std::string& plugin) {
  return yaml.find("\n  " + plugin + ":") != std::string::npos;
}

// `runtime` is where systemd lets a service keep its pid file.
void expect_answers(const Example& example, const std::string& yaml, const std::filesystem::path& runtime,
                    std::map<std::string, std::string> environment) {
  environment["RUNTIME_DIRECTORY"] = runtime;
  ServerOptions options;
  options.neighbours = example.neighbours;
  if (yaml.find("certificate:") != std::string::npos) {
    const Certificates certificates;
    for (const auto* name : {"cert.pem", "privkey.pem", "ca.pem"})
      options.files[name] = contents_of(certificates.folder() / name);
  }
  options.environment = std::move(environment);
  if (names(yaml, "daemonizer")) options.arguments.emplace_back("--foreground");
  const Server server(on_free_ports(yaml), options);
  ASSERT_GE(server.listeners(), 1u);
  for (std::size_t listener = 0; listener < server.listeners(); ++listener) {
    Client client(server, listener);
    client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const auto response = client.read();
    EXPECT_LT(response.status, 500) << response.raw;
  }
}

class Examples : public ::testing::TestWithParam<Example> {};

TEST_P(Examples, starts_and_answers) {
  const auto& example = GetParam();
  if (!names(example.yaml, "dropprivileges")) {
    const TemporaryFolder runtime;
    return expect_answers(example, example.yaml, runtime.path(), {});
  }
  if (const auto reason = namespaces_denied()) GTEST_SKIP() << *reason;
  in_own_namespaces([&] {
    auto environment = without_leak_check();
    environment["STATE_DIRECTORY"] = "/run/state";
    expect_answers(example, example.yaml + "plugins: { path: [/srv/plugins] }\n", "/run", environment);
  });
}

INSTANTIATE_TEST_SUITE_P(Each, Examples, ::testing::ValuesIn(examples()),
                         [](const auto& parameter) { return parameter.param.name; });

TEST(ExamplesTest, find_something) { EXPECT_GE(examples().size(), 3u); }

}  // namespace
}  // namespace kirsch::test
