// Preloaded into a server under Valgrind: what it spawns as /proc/self/exe would be Valgrind there, so the path is
// replaced by that of KIRSCH_PROGRAM.
#include <dlfcn.h>
#include <spawn.h>

#include <cstdlib>
#include <cstring>

extern "C" int posix_spawn(pid_t* child, const char* path, const posix_spawn_file_actions_t* actions,
                           const posix_spawnattr_t* attributes, char* const arguments[], char* const environment[]) {
  using Spawn = decltype(&posix_spawn);
  const auto spawn = reinterpret_cast<Spawn>(::dlsym(RTLD_NEXT, "posix_spawn"));
  const char* program = std::getenv("KIRSCH_PROGRAM");
  if (program != nullptr && std::strcmp(path, "/proc/self/exe") == 0) path = program;
  return spawn(child, path, actions, attributes, arguments, environment);
}
