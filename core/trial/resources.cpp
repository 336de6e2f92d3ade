// From the C library and /proc.
#include "trial/resources.h"

#include <malloc.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace kirsch::trial {
namespace {

std::size_t entries_of(const char* directory) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory)) ++count;
  return count;
}

}  // namespace

Resources Resources::now() {
  Resources resources;
  const auto information = ::mallinfo2();
  if (information.arena != 0) resources.allocated = information.uordblks + information.hblkhd;
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  resources.resident = pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  resources.descriptors = entries_of("/proc/self/fd");
  resources.threads = entries_of("/proc/self/task");
  return resources;
}

std::string growth(const Resources& before, const Resources& after, std::size_t rounds, std::size_t slack) {
  if (before.allocated && *after.allocated > *before.allocated + rounds * slack)
    return std::to_string(*after.allocated - *before.allocated) + " bytes of memory";
  if (after.descriptors > before.descriptors)
    return std::to_string(after.descriptors - before.descriptors) + " open descriptors";
  if (after.threads > before.threads) return std::to_string(after.threads - before.threads) + " threads";
  return {};
}

bool is_file_mapped(const std::string& path) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (line.ends_with(path)) return true;
  return false;
}

}  // namespace kirsch::trial
