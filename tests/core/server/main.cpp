// The probe starts this very program anew.
#include <gmock/gmock.h>

#include "loader/probe.h"

int main(int count, char** arguments) {
  kirsch::loader::become_probe(count, arguments);
  testing::InitGoogleMock(&count, arguments);
  return RUN_ALL_TESTS();
}
