// The SDK as it was when 1.0 was declared, unpacked: what modules are built against that must load for ever.
#pragma once

#include <stdexcept>

#include "support/compiler.h"

namespace kirsch::test {

class FrozenSdk {
 public:
  FrozenSdk() {
    const auto archive = source_folder() / "tests/support/sdk-1.0.tar.gz";
    const auto unpacked = compile("tar", {"-xzf", archive.string(), "-C", unpacked_.path().string()});
    if (!unpacked.done) throw std::runtime_error(unpacked.messages);
  }
  std::filesystem::path folder() const { return unpacked_.path(); }

 private:
  TemporaryFolder unpacked_;
};

}  // namespace kirsch::test
