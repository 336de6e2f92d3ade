// JSON is YAML, and has a writer that is right for any bytes.
#include "command/dev_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <system_error>

#include "command/json.h"
#include "command/project.h"
#include "config/expansion.h"

namespace kirsch::command {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_text = 64 * 1024;  // what is told first is what counts

// For HTML, without colours for terminals, and without what a configuration would take for a variable.
std::string escaped(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < std::min(text.size(), longest_text); ++at) {
    switch (text[at]) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '$':
        result += "&#36;";
        break;
      case '\x1b':
        at = std::min(text.find_first_of("mK", at), text.size());
        break;
      default:
        result += text[at];
    }
  }
  return result;
}

// The page asks, four times a second, whether the answer is still this one.
std::string page(const std::string& title, std::string_view text, const std::string& number) {
  return "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>" + escaped(title) +
         "</title>\n<style>:root { color-scheme: light dark } body { font: 1rem/1.5 sans-serif; margin: 2rem }\n"
         "pre { overflow: auto; border-left: .25rem solid #c33; padding-left: 1rem }</style>\n<h1>" +
         escaped(title) + "</h1>\n<pre>" + escaped(text) +
         "</pre>\n<p>What is mended shows here by itself.</p>\n<script>\n"
         "const look = async () => {\n"
         "  try {\n"
         "    const answer = await fetch(location.href, { method: 'HEAD', cache: 'no-store' })\n"
         "    if (answer.headers.get('X-Kirsch-Dev') !== '" +
         number +
         "') return location.reload()\n"
         "  } catch {}\n"
         "  setTimeout(look, 250)\n"
         "}\n"
         "setTimeout(look, 250)\n</script>\n";
}

void write(const fs::path& file, const std::string& text) {
  const fs::path draft = file.string() + ".new";
  std::ofstream stream(draft);
  stream << text;
  if (!stream.flush()) throw std::system_error(errno, std::generic_category(), draft.string());
  stream.close();
  fs::rename(draft, file);
}

// Until it is closed, or its process ends.
base::UniqueFd locked(const fs::path& file) {
  base::UniqueFd lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) throw std::system_error(errno, std::generic_category(), file.string());
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    throw base::Refusal(base::Diagnostic{.code = "P032",
                                         .message = "kirsch module dev runs here already: pid " + contents_of(file),
                                         .help = "what is edited shows there; end it first for another one",
                                         .exit_code = base::ExitCode::bind_or_permission});
  std::ofstream(file) << ::getpid();
  return lock;
}

}  // namespace

DevFiles::DevFiles(fs::path folder, fs::path served, std::vector<std::string> plugins)
    : folder_(std::move(folder)), served_(std::move(served)), plugins_(std::move(plugins)) {
  make_folder(folder_);
  std::error_code error;
  if (!fs::is_regular_file(served_, error))
    throw project_refusal("there is no " + served_.string(), "write what is to be served, for example paths: { … }");
  lock_ = locked(folder_ / "lock");
}

namespace {

JsonWriter begun(const DevFiles& files, const fs::path& folder, std::vector<std::string> plugins, unsigned port) {
  for (auto& place : plugins) place = config::unexpanded(place);
  JsonWriter json;
  json.open_object().field("version", 1);
  json.key("plugins").open_object().strings("path", plugins).close_object();
  json.key("server").open_object().field("state", config::unexpanded((folder / "state").string()));
  json.field("control", config::unexpanded(files.control().string())).close_object();
  json.key("listeners").open_object().key("dev").open_object();
  json.field("bind", "127.0.0.1:" + std::to_string(port)).close_object().close_object();
  return json;
}

}  // namespace

void DevFiles::serve(unsigned port) const {
  auto json = begun(*this, folder_, plugins_, port);
  write(configuration(), json.field("include", config::unexpanded(served_.string())).close_object().text());
}

void DevFiles::show_page(unsigned port, const std::string& title, std::string_view text) const {
  const auto number = std::to_string(std::chrono::system_clock::now().time_since_epoch().count());
  auto json = begun(*this, folder_, plugins_, port);
  json.key("paths").open_object().key("/").open_object().key("handler").open_object().key("respond").open_object();
  json.field("status", 500).field("type", "text/html; charset=utf-8").field("body", page(title, text, number));
  json.key("headers").open_object().field("X-Kirsch-Dev", number).field("Cache-Control", "no-store");
  json.field("X-Content-Type-Options", "nosniff");
  for (int level = 0; level < 6; ++level) json.close_object();
  write(configuration(), json.text());
}

}  // namespace kirsch::command
