// Runs one fuzz target over its seeds where libFuzzer is absent: replay_NAME FILE-OR-FOLDER…
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void replay(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  // Printed before the run: a target that finds something ends the process.
  std::printf("%s, %zu bytes\n", file.c_str(), bytes.size());
  std::fflush(stdout);
  // A copy of exactly this size on the heap, so that a sanitizer sees the first byte read beyond it.
  const std::vector<std::uint8_t> input(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

}  // namespace

int main(int count, char** arguments) {
  std::size_t replayed = 0;
  for (int index = 1; index < count; ++index) {
    const std::filesystem::path path(arguments[index]);
    if (std::filesystem::is_regular_file(path)) {
      replay(path);
      ++replayed;
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
      if (!entry.is_regular_file()) continue;
      replay(entry.path());
      ++replayed;
    }
  }
  LLVMFuzzerTestOneInput(nullptr, 0);
  std::printf("%zu seeds replayed\n", replayed);
  return replayed == 0 ? 1 : 0;  // nothing to replay proves nothing
}
