// The number of the process, then a head of fixed size, then the text: whatever is cut off is no report.
#include "report.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace daemonizer {
namespace {

// A pipe holds 64 KiB, so that writing never waits.
constexpr std::size_t longest = 60000;

struct Head {
  std::int32_t serving;
  std::int32_t code;
  std::uint32_t size;
};

void write_all(int pipe, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(pipe, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return;  // EPIPE: nobody waits any more
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

template <class Type>
std::string_view bytes_of(const Type& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

void Reporter::introduce() { write_all(pipe_, bytes_of(::getpid())); }

void Reporter::send(bool serving, int code, std::string_view text) {
  text = text.substr(0, longest);
  const Head head{serving ? 1 : 0, code, static_cast<std::uint32_t>(text.size())};
  write_all(pipe_, std::string(bytes_of(head)).append(text));
  close();
}

void Reporter::close() {
  if (pipe_ >= 0) ::close(std::exchange(pipe_, -1));
}

bool ReportReader::read() {
  std::array<char, 4096> room{};
  for (;;) {
    const auto count = ::read(pipe_, room.data(), room.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count < 0;
    received_.append(room.data(), static_cast<std::size_t>(count));
  }
}

pid_t ReportReader::daemon() const {
  pid_t number = 0;
  if (received_.size() >= sizeof number) std::memcpy(&number, received_.data(), sizeof number);
  return number;
}

std::optional<Report> ReportReader::report() const {
  Head head{};
  constexpr auto begin = sizeof(pid_t) + sizeof head;
  if (received_.size() < begin) return std::nullopt;
  std::memcpy(&head, received_.data() + sizeof(pid_t), sizeof head);
  if (received_.size() < begin + head.size) return std::nullopt;
  return Report{head.serving != 0, head.code, received_.substr(begin, head.size)};
}

}  // namespace daemonizer
