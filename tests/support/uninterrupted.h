// The end of an io_uring interrupts calls of the thread that made it, without a signal that anybody could block: some
// time later, on a busy machine perhaps in the middle of a connect.
#pragma once

#include <cerrno>

namespace kirsch::test {

// Makes a call again for as long as it fails with EINTR. Failures are results below 1, as OpenSSL has them too.
template <class Call>
auto uninterrupted(Call call) {
  for (;;) {
    errno = 0;
    const auto result = call();
    if (result > 0 || errno != EINTR) return result;
  }
}

}  // namespace kirsch::test
