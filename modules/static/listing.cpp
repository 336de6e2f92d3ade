// Directories first, then by name; as HTML without scripts and styles, or as JSON.
#include "listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <vector>

#include "http_date.h"
#include "request_path.h"

namespace static_files {
namespace {

constexpr std::size_t most_names = 10'000;

struct Entry {
  std::string name;
  bool directory = false;
  std::uint64_t size = 0;
  std::chrono::sys_seconds modified;
};

// What a request for that name would find; false: nothing.
bool look(const kirsch::Root& root, std::string_view relative, int directory, Entry& entry) {
  const auto path = std::string(relative) + entry.name;
  struct stat state {};
  if (is_hidden(path) || ::fstatat(directory, entry.name.c_str(), &state, AT_SYMLINK_NOFOLLOW) != 0) return false;
  if (S_ISLNK(state.st_mode)) {
    kirsch::OpenedFile file;
    const int error = root.open(path, file);
    const int target = error == EISDIR ? root.open_directory(path) : file.descriptor;
    const bool seen = target >= 0 && ::fstat(target, &state) == 0;
    if (target >= 0) ::close(target);
    if (!seen) return false;
  }
  entry.directory = S_ISDIR(state.st_mode);
  entry.size = static_cast<std::uint64_t>(state.st_size);
  entry.modified = std::chrono::sys_seconds(std::chrono::seconds(state.st_mtim.tv_sec));
  return entry.directory || S_ISREG(state.st_mode);
}

void append_html(std::string& out, std::string_view text) {
  for (const char byte : text) {
    switch (byte) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += byte;
    }
  }
}

// Bytes that are no UTF-8 stay as they are: a name has to come back as it was.
void append_json(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += '"';
  for (const char byte : text) {
    const auto number = static_cast<unsigned char>(byte);
    if (byte == '"' || byte == '\\') {
      out += {'\\', byte};
    } else if (number < 0x20) {
      out += {'\\', 'u', '0', '0', digits[number >> 4], digits[number & 15]};
    } else {
      out += byte;
    }
  }
  out += '"';
}

std::string html(const std::vector<Entry>& entries, std::string_view request_path, bool top, bool more) {
  std::string out = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Index of ";
  append_html(out, request_path);
  out += "</title>\n<h1>Index of ";
  append_html(out, request_path);
  out += "</h1>\n<table>\n<tr><th>Name</th><th>Size</th><th>Modified</th></tr>\n";
  if (!top) out += "<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n";
  for (const auto& entry : entries) {
    const auto slash = entry.directory ? "/" : "";
    // Relative, and never taken for a scheme or a host.
    out += "<tr><td><a href=\".";
    append_html(out, encoded(entry.name) + slash);
    out += "\">";
    append_html(out, entry.name + slash);
    out += "</a></td><td>" + (entry.directory ? std::string() : std::to_string(entry.size)) + "</td><td>" +
           http_date(entry.modified) + "</td></tr>\n";
  }
  out += "</table>\n";
  if (more) out += "<p>There are more names than are shown.</p>\n";
  return out + "</html>\n";
}

std::string json_array(const std::vector<Entry>& entries) {
  std::string out = "[";
  for (const auto& entry : entries) {
    out += out.size() == 1 ? "\n{\"name\":" : ",\n{\"name\":";
    append_json(out, entry.name);
    out += entry.directory ? ",\"type\":\"directory\"" : ",\"type\":\"file\",\"size\":" + std::to_string(entry.size);
    out += ",\"modified\":" + std::to_string(entry.modified.time_since_epoch().count()) + '}';
  }
  return out + "\n]\n";
}

}  // namespace

int list_directory(const kirsch::Root& root, std::string_view relative, std::string_view request_path, bool json,
                   std::string& page) {
  auto plain = relative;
  while (plain.ends_with('/')) plain.remove_suffix(1);
  const int descriptor = root.open_directory(plain);
  if (descriptor < 0) return -descriptor;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(descriptor), [](DIR* open) { return ::closedir(open); });
  if (stream == nullptr) {
    const int error = errno;
    ::close(descriptor);
    return error;
  }
  std::vector<Entry> entries;
  bool more = false;
  while (const auto* name = ::readdir(stream.get())) {
    Entry entry;
    entry.name = name->d_name;
    if (!look(root, relative, descriptor, entry)) continue;
    more = entries.size() == most_names;
    if (more) break;
    entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& left, const Entry& right) {
    return left.directory != right.directory ? left.directory : left.name < right.name;
  });
  page = json ? json_array(entries) : html(entries, request_path, relative.empty(), more);
  return 0;
}

}  // namespace static_files
