// A JSON API: notes that clients list, add, read and delete. They live as long as the process.
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <kirsch/module.h>

#include <charconv>
#include <mutex>
#include <sstream>

namespace {

struct Notes {
  std::uint32_t most = 0;
  std::mutex mutex;  // held for microseconds, so inline steps may take it
  std::map<std::uint64_t, std::string> notes;
  std::uint64_t last = 0;

  static constexpr auto options =
      kirsch::options(kirsch::opt<&Notes::most>("most", "1000", "notes at one time").range(1, 1'000'000));

  void handle(kirsch::Exchange& exchange) {
    const auto id = exchange.request().params().find("id");
    const auto method = exchange.request().method();
    if (method == kirsch::Method::get || method == kirsch::Method::head)
      return id ? show(exchange, number(*id)) : list(exchange);
    if (method == kirsch::Method::post && !id) return add(exchange);
    if (method == kirsch::Method::delete_ && id) return remove(exchange, number(*id));
    exchange.response().headers().set("Allow", id ? "GET, HEAD, DELETE" : "GET, HEAD, POST");
    throw kirsch::HttpError(405);
  }

 private:
  static std::uint64_t number(std::string_view digits) {
    std::uint64_t value = 0;
    const auto* const end = digits.data() + digits.size();
    if (const auto read = std::from_chars(digits.data(), end, value); read.ec != std::errc() || read.ptr != end)
      throw kirsch::HttpError(404);
    return value;
  }
  static std::string text_of(const kirsch::Request& request) {
    if (!request.headers().get("Content-Type").starts_with("application/json"))
      throw kirsch::HttpError(415, "Send application/json.");
    try {
      Poco::JSON::Parser parser;
      parser.setDepth(4);
      const auto note = parser.parse(std::string(request.body())).extract<Poco::JSON::Object::Ptr>();
      return note->get("text").extract<std::string>();  // no other type will do
    } catch (const Poco::Exception&) {
      throw kirsch::HttpError(400, R"(Send an object such as {"text": "buy pears"}.)");
    }
  }
  static std::string json(std::uint64_t id, const std::string& text) {
    Poco::JSON::Object note;
    note.set("id", id).set("text", text);
    std::ostringstream out;
    note.stringify(out);
    return out.str();
  }

  void list(kirsch::Exchange& exchange) {
    std::string all;
    const std::lock_guard lock(mutex);
    for (const auto& [id, text] : notes) all.append(all.empty() ? "" : ",").append(json(id, text));
    exchange.response().json("[" + all + "]\n");
  }
  void show(kirsch::Exchange& exchange, std::uint64_t id) {
    const std::lock_guard lock(mutex);
    const auto note = notes.find(id);
    if (note == notes.end()) throw kirsch::HttpError(404);
    exchange.response().json(json(id, note->second) + "\n");
  }
  void add(kirsch::Exchange& exchange) {
    const auto text = text_of(exchange.request());
    const std::lock_guard lock(mutex);
    if (notes.size() >= most) throw kirsch::HttpError(507, "There are too many notes.");
    notes.emplace(++last, text);
    exchange.response().set_status(201);
    exchange.response().headers().set("Location", exchange.request().path(), last);
    exchange.response().json(json(last, text) + "\n");
  }
  void remove(kirsch::Exchange& exchange, std::uint64_t id) {
    const std::lock_guard lock(mutex);
    if (notes.erase(id) == 0) throw kirsch::HttpError(404);
    exchange.response().set_status(204);
  }
};

}  // namespace

KIRSCH_MODULE("notes", "1.0.0", kirsch::handler<Notes>("notes").carries_over());
