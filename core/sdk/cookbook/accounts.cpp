// Logs users in whom a database knows. Their passwords are there as crypt(5) hashes: salted, and slow to guess.
#include <crypt.h>
#include <kirsch/module.h>
#include <kirsch/session.h>
#include <sqlite3.h>

namespace {

struct Close {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, Close>;
using Statement = std::unique_ptr<sqlite3_stmt, Close>;

bool matches(const std::string& password, const std::string& hash) {
  const auto work = std::make_unique<crypt_data>();  // 32 KiB, zeroed
  const char* made = password.find('\0') == std::string::npos
                         ? crypt_rn(password.c_str(), hash.c_str(), work.get(), sizeof(crypt_data))
                         : nullptr;
  return made != nullptr && made[0] != '*' && hash == made;
}

struct Login {
  kirsch::Path database;
  kirsch::PerLane<Database> open;  // a connection for each worker

  static constexpr auto options = kirsch::options(kirsch::opt<&Login::database>(
      "database", kirsch::required, "SQLite, with the table users(name text primary key, password text)"));

  void handle(kirsch::Exchange& exchange) const {
    const auto form = exchange.request().form();
    const auto name = form.get("name");
    const auto known = hash_of(name, open[exchange.lane()]);
    // Somebody unknown takes as long as somebody known, so time tells nobody who has an account.
    if (!matches(std::string(form.get("password")), known.value_or("$6$nobody$")))
      throw kirsch::HttpError(403, "Name or password is wrong.");
    kirsch::session(exchange).login(name);
    throw kirsch::Redirect(std::string(kirsch::local_target(form.get("next"))));
  }

 private:
  std::optional<std::string> hash_of(std::string_view name, Database& connection) const {
    sqlite3* raw = connection.get();
    if (raw == nullptr) {
      const int status =
          sqlite3_open_v2(database.text.c_str(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
      connection.reset(raw);
      check(status == SQLITE_OK, connection);
      sqlite3_busy_timeout(raw, 1000);
    }
    sqlite3_stmt* prepared = nullptr;
    check(sqlite3_prepare_v2(raw, "select password from users where name = ?", -1, &prepared, nullptr) == SQLITE_OK,
          connection);
    const Statement statement(prepared);
    sqlite3_bind_text(prepared, 1, name.data(), static_cast<int>(name.size()), SQLITE_STATIC);
    const int status = sqlite3_step(prepared);
    check(status == SQLITE_ROW || status == SQLITE_DONE, connection);
    const auto* hash = status == SQLITE_ROW ? reinterpret_cast<const char*>(sqlite3_column_text(prepared, 0)) : nullptr;
    return hash == nullptr ? std::nullopt : std::optional<std::string>(hash);
  }
  // What went wrong is for the log, and the next request opens the database anew. The client sees 503.
  static void check(bool done, Database& connection) {
    if (done) return;
    kirsch::log(kirsch::Level::error, "accounts: ", std::string_view(sqlite3_errmsg(connection.get())));
    throw kirsch::HttpError(503, "Nobody can log in now.");
  }
};

struct Logout {
  void handle(kirsch::Exchange& exchange) const {
    kirsch::session(exchange).expire();
    throw kirsch::Redirect("/");
  }
};

}  // namespace

KIRSCH_MODULE("accounts", "1.0.0", kirsch::handler<Login>("login").blocking(), kirsch::handler<Logout>("logout"));
