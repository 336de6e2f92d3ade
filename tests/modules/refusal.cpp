// The refusal comes from the module itself, so `kirsch check`, which runs none of its code, cannot show it.
#include "modules/refusal.h"

#include <gtest/gtest.h>

#include "support/server.h"

namespace kirsch::test {

std::string refusal(std::string_view yaml) {
  ServerOptions options;
  options.wait_until_ready = false;
  Server server(loopback(yaml), options);
  EXPECT_EQ(server.wait(), 3) << server.log();
  return server.log();
}

}  // namespace kirsch::test
