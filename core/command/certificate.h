// kirsch certificate …: makes certificates for development, and says what one is.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/exit_code.h"

namespace kirsch::command {

struct CertificateOrder {
  std::vector<std::string> hosts;
  std::string client;  // instead of hosts: the name of a client
  std::filesystem::path directory = ".";
  int days = 90;
  bool rsa = false;
  bool force = false;  // replaces files
};

// All print what they made or what is wrong.
base::ExitCode make_self_signed(const CertificateOrder& order) noexcept;
base::ExitCode make_with_local_authority(const CertificateOrder& order) noexcept;
// The files, or without any those of the configuration.
base::ExitCode show_certificates(const std::vector<std::string>& files, const std::filesystem::path& configuration,
                                 bool json) noexcept;

}  // namespace kirsch::command
