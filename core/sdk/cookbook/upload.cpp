// Files that clients send by a form land in a folder, under names of the server's.
#include <kirsch/module.h>
#include <sys/random.h>

#include <cstdio>
#include <filesystem>

namespace {

// The client's name for a file is for people; on the disk it could be a path, a script, or somebody else's file.
std::string new_name() {
  std::uint64_t random[2];
  if (getrandom(random, sizeof random, 0) != sizeof random)
    throw std::runtime_error("the system gives no random bytes");
  char name[33];
  std::snprintf(name, sizeof name, "%016llx%016llx", static_cast<unsigned long long>(random[0]),
                static_cast<unsigned long long>(random[1]));
  return name;
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// Whole or not at all: it gets its name when it is complete.
void write_file(const std::filesystem::path& path, std::string_view bytes) {
  auto part = path;
  part += ".part";
  std::unique_ptr<std::FILE, CloseFile> file(std::fopen(part.c_str(), "wxe"));
  if (!file) throw std::runtime_error("cannot make " + part.string() + ": " + std::strerror(errno));
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size();
  if (std::fclose(file.release()) == 0 && written) return std::filesystem::rename(part, path);
  const std::string why = std::strerror(errno);
  std::filesystem::remove(part);
  throw std::runtime_error("cannot write " + part.string() + ": " + why);
}

struct Upload {
  kirsch::Path folder;
  std::map<std::string, std::string> types;

  static constexpr auto options =
      kirsch::options(kirsch::opt<&Upload::folder>("folder", kirsch::required, "where the files go"),
                      kirsch::opt<&Upload::types>("types", "{ image/png: .png, image/jpeg: .jpg, text/plain: .txt }",
                                                  "media types that are taken, and what their files' names end in"));

  void prepare() const {
    if (!std::filesystem::is_directory(folder.text)) throw kirsch::OptionError("folder", "this is no folder");
  }

  void handle(kirsch::Exchange& exchange) const {
    std::string names;
    for (const auto& part : exchange.request().parts()) {
      if (!part.is_file) continue;
      const auto ending = types.find(std::string(part.type));
      if (ending == types.end()) throw kirsch::HttpError(415, "Files of this type are not taken.");
      const auto name = new_name() + ending->second;
      write_file(std::filesystem::path(folder.text) / name, part.body);
      names.append(name).append("\n");
    }
    if (names.empty()) throw kirsch::HttpError(400, "Send a file.");
    exchange.response().set_status(201);
    exchange.response().text(names);
  }
};

}  // namespace

// On a worker: disks are slow.
KIRSCH_MODULE("upload", "1.0.0", kirsch::handler<Upload>("upload").blocking());
