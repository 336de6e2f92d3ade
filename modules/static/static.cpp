// Serves the files below a directory, which no path of a client can leave.
#include <kirsch/body.h>
#include <kirsch/module.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "http_date.h"
#include "media_types.h"
#include "request_path.h"

namespace {

// Closes what was opened unless the answer has taken it.
class OpenFile {
 public:
  OpenFile() = default;
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (file_.descriptor >= 0) ::close(file_.descriptor);
  }
  int open(const kirsch::Root& root, std::string_view relative) { return root.open(relative, file_); }
  std::chrono::sys_seconds modified() const {
    return std::chrono::sys_seconds(std::chrono::floor<std::chrono::seconds>(file_.modified));
  }
  void send(kirsch::Exchange& exchange) {
    const auto file = std::exchange(file_, {});  // the server closes it even if it refuses it
    kirsch::send_file(exchange, file, 0, file.size);
  }

 private:
  kirsch::OpenedFile file_;
};

struct StaticFiles {
  kirsch::Path root;
  std::vector<std::string> index;
  std::vector<std::pair<std::string, std::string>> types;
  std::string strip;

  static constexpr auto options = kirsch::options(
      kirsch::opt<&StaticFiles::root>("root", kirsch::required, "the directory whose files are served"),
      kirsch::opt<&StaticFiles::index>("index", "[index.html]", "tried in turn for a path that ends with a slash"),
      kirsch::opt<&StaticFiles::types>("types", "{}", "extension: media type, over the built-in table"),
      kirsch::opt<&StaticFiles::strip>("strip", "\"\"", "the front of the path that names no directory below root"));

  void prepare() {
    try {
      directory_ = kirsch::Root(root.text);
    } catch (const std::runtime_error& error) {
      throw kirsch::OptionError("root", error.what());
    }
    for (const auto& name : index) {
      if (name.empty() || name.find('/') != std::string::npos || name.front() == '.') {
        throw kirsch::OptionError("index", "'" + name + "' is not the plain name of a file");
      }
    }
    if (!strip.empty() && strip.front() != '/') {
      throw kirsch::OptionError("strip", "a prefix of paths begins with a slash: write \"/" + strip + "\"");
    }
    while (strip.ends_with('/')) strip.pop_back();
    media_types_ = static_files::MediaTypes(types);
  }

  void handle(kirsch::Exchange& exchange) const {
    const auto request = exchange.request();
    if (request.method() != kirsch::Method::get && request.method() != kirsch::Method::head) {
      exchange.response().headers().set("Allow", std::string_view("GET, HEAD"));
      throw kirsch::HttpError(405);
    }
    const auto relative = static_files::path_below(request.path(), strip);
    if (!relative || static_files::is_hidden(*relative)) throw kirsch::HttpError(404);
    if (relative->empty() || relative->ends_with('/')) return send_index(exchange, *relative);
    OpenFile file;
    const int error = file.open(directory_, *relative);
    if (error == EISDIR) redirect_to_directory(request);
    if (error != 0) refuse(error, *relative);
    send(exchange, file, *relative);
  }

 private:
  void send_index(kirsch::Exchange& exchange, std::string_view relative) const {
    for (const auto& name : index) {
      const auto path = std::string(relative) + name;
      OpenFile file;
      const int error = file.open(directory_, path);
      if (error == 0) return send(exchange, file, path);
      if (error != ENOENT) refuse(error, path);
    }
    throw kirsch::HttpError(404);
  }

  // Without the slash, relative links of the page would point beside the directory.
  [[noreturn]] static void redirect_to_directory(const kirsch::Request& request) {
    auto location = static_files::encoded(request.path()) + "/";
    if (const auto query = request.query_string(); !query.empty()) location.append("?").append(query);
    throw kirsch::Redirect(std::move(location), 308);
  }

  [[noreturn]] static void refuse(int error, std::string_view relative) {
    switch (error) {
      case EACCES:
      case EPERM:
        throw kirsch::HttpError(403);
      case ENOENT:
      case ENOTDIR:
      case EISDIR:
      case ENODEV:  // a device, a pipe, a socket
      case ENXIO:
      case EXDEV:  // a link that points outside
      case ELOOP:
      case EINVAL:
      case ENAMETOOLONG:
        throw kirsch::HttpError(404);
      default:
        throw std::runtime_error("cannot open " + std::string(relative) + ": " + std::strerror(error));
    }
  }

  void send(kirsch::Exchange& exchange, OpenFile& file, std::string_view path) const {
    auto headers = exchange.response().headers();
    headers.set("Content-Type", media_types_.of(path));
    // RFC 9110 8.8.2.1: never later than the time of the answer.
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    headers.set("Last-Modified", std::string_view(static_files::http_date(std::min(file.modified(), now))));
    file.send(exchange);
  }

  kirsch::Root directory_;
  static_files::MediaTypes media_types_{{}};
};

}  // namespace

KIRSCH_MODULE("static", "1.0.0", kirsch::summary("Files of a directory"), kirsch::requires_feature(KIRSCH_FEATURE_FILE),
              kirsch::handler<StaticFiles>("static").blocking());
