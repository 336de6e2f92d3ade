// What `tls:` of a listener names, read from disk and made into a context.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "base/unique_fd.h"
#include "config/configuration.h"
#include "net/tls/provider.h"
#include "net/tls/ticket_keys.h"

namespace kirsch::server {

class KeyPasswords;

struct FileBytes {
  std::string bytes;
  std::string failure = {};  // "'/path' cannot be read: …"; empty: it was read
  mode_t mode = 0;
  bool forbidden = false;  // the failure is one of rights
};

// A regular file of at most 1 MiB. Never waits: a pipe is refused.
FileBytes read_bytes(const std::string& path);
// The same, opened by somebody else; `path` is for messages.
FileBytes read_opened(const base::UniqueFd& file, const std::string& path);
// As read_bytes; another one may have more rights.
using FileReader = std::function<FileBytes(const std::string& path)>;

enum class Purpose : std::uint8_t { check, serve };

// Null: one of the diagnostics that were added is an error, or a password is still to be typed. A check makes no file.
std::shared_ptr<const net::tls::Context> make_context(const config::ListenerSettings& listener, const FileReader& read,
                                                      const KeyPasswords& passwords,
                                                      std::shared_ptr<net::tls::TicketKeys> tickets, Purpose purpose,
                                                      std::vector<base::Diagnostic>& diagnostics);

// Throws base::Refusal with the errors, if there are any.
std::vector<base::Diagnostic> warnings_of(std::vector<base::Diagnostic> diagnostics);

// All listeners, as a start would find them. Returns the warnings; throws base::Refusal with all errors.
std::vector<base::Diagnostic> check_certificates(const config::Configuration& configuration);

}  // namespace kirsch::server
