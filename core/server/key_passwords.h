// The passwords of encrypted private keys, however they come.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "config/configuration.h"
#include "server/certificate_files.h"

namespace kirsch::server {

// One thread. What was typed is remembered, because nobody can be asked again once the server is a daemon.
class KeyPasswords {
 public:
  using Typed = std::map<std::string, std::optional<std::string>>;  // by the path of the key; none: it needs none

  // `typed` was asked for by another process.
  explicit KeyPasswords(FileReader read, Typed typed = {}) : read_(std::move(read)), typed_(std::move(typed)) {}
  ~KeyPasswords();
  KeyPasswords(const KeyPasswords&) = delete;
  KeyPasswords& operator=(const KeyPasswords&) = delete;

  struct Answer {
    std::optional<std::string> password;  // none: the key needs none
    std::string failure = {};             // one sentence; empty: it could be had
    bool unasked = false;                 // it is to be typed, and was not
  };
  Answer of(const config::CertificateSettings& certificate) const;

  // Asks the terminal for all that say `prompt`, each until it is right, three times at most. Throws base::Refusal.
  void ask(const config::Configuration& configuration);
  // Instead, where nobody can be asked: throws base::Refusal if something is to be typed that was not.
  void expect(const config::Configuration& configuration);
  const Typed& typed() const { return typed_; }

 private:
  template <class Work>
  void each_untyped(const config::Configuration& configuration, Work work);
  void ask_for(const config::CertificateSettings& certificate);

  const FileReader read_;
  Typed typed_;
};

}  // namespace kirsch::server
