// The checks one by one. Those that get a Progress run in a child.
#pragma once

#include <cstdint>

#include "trial/child.h"
#include "trial/subject.h"

namespace kirsch::trial {

// Of the file alone.
Outcome check_exports(const Subject& subject);
Outcome check_unique(const Subject& subject);
Outcome check_text_relocations(const Subject& subject);

// Of its code, in a child.
Outcome check_undefined(const Subject& subject);
Outcome check_unloading(const Subject& subject, Progress& progress);
// Of what stands at `index` in its manifest.
Outcome check_instances(const Subject& subject, std::size_t index, Progress& progress);
Outcome check_options(const Subject& subject, std::size_t index, std::uint64_t seed, Progress& progress);

// With a server of its own.
Outcome check_requests(const Subject& subject, std::size_t index, Progress& progress);
Outcome check_concurrency(const Subject& subject, std::size_t index, Progress& progress);
Outcome check_host_failures(const Subject& subject, std::size_t index, Progress& progress);

}  // namespace kirsch::trial
