// A file, a variable, a command, or somebody at the terminal.
#include "server/key_passwords.h"

#include <string.h>

#include <cstdlib>

#include "base/diagnostic.h"
#include "net/tls/provider.h"
#include "server/spawn_command.h"
#include "server/terminal_question.h"

namespace kirsch::server {
namespace {

constexpr std::size_t longest = 1024;
constexpr auto command_time = std::chrono::seconds(10);

std::string first_line(const std::string& text) {
  auto line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

KeyPasswords::Answer from_file(const FileReader& read, const std::string& path) {
  const FileBytes file = read(path);
  if (!file.failure.empty()) return {{}, "the password file " + file.failure};
  return {first_line(file.bytes)};
}

KeyPasswords::Answer from_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return {{}, "the variable " + name + " of the password is not set"};
  return {std::string(value)};
}

KeyPasswords::Answer from_command(const std::vector<std::string>& command) {
  const auto output = output_of(command, longest, command_time);
  if (!output.failure.empty()) return {{}, "the password command '" + command.front() + "' " + output.failure};
  return {first_line(output.text)};
}

base::Refusal refusal(const config::Place& place, std::string message, std::string help = {}) {
  return base::Refusal(base::Diagnostic{.code = "C084",
                                        .message = std::move(message),
                                        .position = place.position,
                                        .source_line = place.line,
                                        .help = std::move(help)});
}

const net::tls::Provider& provider() { return *net::tls::find_provider("openssl"); }

FileBytes key_of(const config::CertificateSettings& certificate, const FileReader& read) {
  FileBytes key = read(certificate.private_key);
  if (!key.failure.empty()) throw refusal(certificate.private_key_place, "the private key " + key.failure);
  return key;
}

}  // namespace

KeyPasswords::~KeyPasswords() {
  for (auto& [path, password] : typed_)
    if (password) ::explicit_bzero(password->data(), password->size());
}

KeyPasswords::Answer KeyPasswords::of(const config::CertificateSettings& certificate) const {
  using From = config::PasswordSettings::From;
  const auto& password = certificate.password;
  switch (password.from) {
    case From::nowhere:
      return {};
    case From::file:
      return from_file(read_, password.name);
    case From::environment:
      return from_environment(password.name);
    case From::command:
      return from_command(password.command);
    case From::prompt:
      break;
  }
  const auto typed = typed_.find(certificate.private_key);
  if (typed == typed_.end()) return {{}, {}, true};
  return {typed->second};
}

template <class Work>
void KeyPasswords::each_untyped(const config::Configuration& configuration, Work work) {
  for (const auto& listener : configuration.listeners) {
    if (!listener.tls) continue;
    for (const auto& certificate : listener.tls->certificates) {
      const bool asked = certificate.password.from == config::PasswordSettings::From::prompt;
      if (asked && !typed_.contains(certificate.private_key)) work(certificate);
    }
  }
}

void KeyPasswords::ask(const config::Configuration& configuration) {
  each_untyped(configuration, [this](const auto& certificate) { ask_for(certificate); });
}

void KeyPasswords::expect(const config::Configuration& configuration) {
  each_untyped(configuration, [this](const auto& certificate) {
    const FileBytes key = key_of(certificate, read_);
    if (provider().encrypted(key.bytes))
      throw refusal(certificate.password.place, "the password of a private key is to be typed, and nobody was asked",
                    "only a start can ask: stop the server and start it");
    typed_[certificate.private_key] = std::nullopt;
  });
}

void KeyPasswords::ask_for(const config::CertificateSettings& certificate) {
  constexpr int tries = 3;
  const auto& place = certificate.password.place;
  const FileBytes key = key_of(certificate, read_);
  if (!provider().encrypted(key.bytes)) {
    typed_[certificate.private_key] = std::nullopt;
    return;
  }
  for (int count = 0; count < tries; ++count) {
    auto answer = ask_terminal(count == 0 ? "Password of " + certificate.private_key + ": " : "Wrong. Once more: ");
    if (!answer)
      throw refusal(place, "the password of a private key is to be typed, but nobody answers at a terminal",
                    "start the server at a terminal, or let it come from a file, a variable or a command");
    if (provider().opens(key.bytes, *answer)) {
      typed_[certificate.private_key] = std::move(*answer);
      return;
    }
  }
  throw refusal(place, "the password of the private key is wrong");
}

}  // namespace kirsch::server
