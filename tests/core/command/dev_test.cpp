// `kirsch module dev`: what is edited is served, and where it cannot be, terminal and page say why.
#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <memory>

#include "support/client.h"
#include "workshop.h"

namespace kirsch::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// The verb on a new module `hello`, until Ctrl-C.
class Development {
 public:
  Development(const std::string& kind, const std::string& code, const std::vector<std::string>& more = {}) {
    EXPECT_EQ(workshop_.run(".", {"module", "new", "hello", "--" + kind}).exit_code, 0);
    if (!code.empty()) std::ofstream(workshop_ / "hello/hello.cpp") << code;
    std::vector<std::string> arguments{"module", "dev", "--port", "0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    process_ = workshop_.start("hello", arguments);
    wait_for("http://127.0.0.1:");
    const auto said = process_->output().out;
    const auto at = said.find("http://127.0.0.1:") + 17;
    port_ = static_cast<std::uint16_t>(std::stoi(said.substr(at)));
  }
  ~Development() {
    process_->signal(SIGINT);
    EXPECT_EQ(process_->wait(), 0) << process_->output().all;
  }
  Development(const Development&) = delete;
  Development& operator=(const Development&) = delete;

  void edit(const std::string& file, const std::string& from, const std::string& to) {
    workshop_.edit("hello/" + file, from, to);
  }
  // Waits until the verb has said it (`times` over).
  void wait_for(const std::string& text, std::size_t times = 1) {
    const bool said = process_->wait_for(
        [&](const auto& output) {
          std::size_t count = 0;
          for (auto at = output.all.find(text); at != std::string::npos; at = output.all.find(text, at + 1)) ++count;
          return count >= times;
        },
        std::chrono::seconds(120));
    EXPECT_TRUE(said) << text << " is not in:\n" << process_->output().all;
  }
  Response get(const std::string& target) {
    Client client(port_);
    client.send(simple_get(target));
    return client.read();
  }
  Result run_again() const { return workshop_.run("hello", {"module", "dev", "--port", "0"}); }
  pid_t pid() const { return process_->pid(); }
  std::uint16_t port() const { return port_; }
  std::string said() const { return process_->output().all; }

 private:
  Workshop workshop_;
  std::unique_ptr<Process> process_;
  std::uint16_t port_ = 0;
};

TEST(ModuleDev, ServesEachEditAndTellsTerminalAndPageWhatIsWrong) {
  Development it("handler", "");
  it.wait_for("/hello (what is edited shows there; Ctrl-C ends)\n");
  EXPECT_EQ(it.get("/hello").body, "Hello, world!\n");

  it.edit("hello.cpp", "\"!\\n\"", "\" <again>\\n\"");
  it.wait_for("served after ");
  EXPECT_EQ(it.get("/hello").body, "Hello, world <again>\n");

  it.edit("hello.cpp", "exchange.response()", "exchange.respond<&>()");
  it.wait_for("shows this, too\n");
  EXPECT_THAT(it.said(), AllOf(HasSubstr("hello.cpp:11:14: error: "), HasSubstr("exchange.respond<&>()")));
  const auto page = it.get("/hello");
  EXPECT_EQ(page.status, 500);
  EXPECT_EQ(page.field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_THAT(page.body, AllOf(HasSubstr("<h1>hello does not build</h1>"), HasSubstr("hello.cpp:11:14: error: "),
                               HasSubstr("exchange.respond&lt;&amp;&gt;()"), HasSubstr("location.reload()"),
                               Not(HasSubstr("respond<"))));

  it.edit("hello.cpp", "exchange.respond<&>()", "exchange.response()");
  it.wait_for("served after ", 2);
  EXPECT_EQ(it.get("/hello").body, "Hello, world <again>\n");

  it.edit("module.yaml", "greeting: Hello", "greting: Hello");
  it.wait_for("shows this, too\n", 2);
  EXPECT_THAT(it.get("/anywhere").body,
              AllOf(HasSubstr("hello cannot be served"), HasSubstr("did you mean 'greeting'")));
  it.edit("module.yaml", "greting: Hello", "greeting: Good day");
  it.wait_for("served after ", 3);
  EXPECT_EQ(it.get("/hello").body, "Good day, world <again>\n");
}

TEST(ModuleDev, BeginsWithThePageWhereTheModuleDoesNotBuild) {
  Development it("handler", "#include <kirsch/module.h>\n#error ${HOME} not yet\n");
  it.wait_for("shows this, too\n");
  EXPECT_THAT(it.get("/hello").body, HasSubstr("#error &#36;{HOME} not yet"));
}

// It begins and ends with its process, so it takes another one.
TEST(ModuleDev, StartsTheServerAnewForAPlugin) {
  Development it("plugin", "");
  it.wait_for("hello: hello\n");
  it.edit("hello.cpp", "info, message", "info, \"once more: \", message");
  it.wait_for("hello: the end\n");
  it.wait_for("once more: hello\n");
  it.wait_for("served after ");
  EXPECT_THAT(it.get("/hello").body, HasSubstr("in the log"));
}

TEST(ModuleDev, ServesWhereTheGroupMayWriteWhatAUserMakes) {
  const Umask shared(0002);
  Development it("handler", "");
  EXPECT_EQ(it.get("/hello").body, "Hello, world!\n");
}

TEST(ModuleDev, ServesInAFolderNamedLikeAVariable) {
  const Workshop workshop;
  std::filesystem::create_directory(workshop / "${HOME}");
  ASSERT_EQ(workshop.run("${HOME}", {"module", "new", "hello"}).exit_code, 0);
  const auto verb = workshop.start("${HOME}/hello", {"module", "dev", "--port", "0"});
  EXPECT_TRUE(verb->wait_for([](const auto& output) { return output.out.find("/hello (") != std::string::npos; },
                             std::chrono::seconds(120)))
      << verb->output().all;
  verb->signal(SIGINT);
  EXPECT_EQ(verb->wait(), 0);
}

TEST(ModuleDev, IsThereOnceInAFolder) {
  Development it("handler", "");
  const auto second = it.run_again();
  EXPECT_EQ(second.exit_code, 5);
  EXPECT_EQ(second.out, "");
  EXPECT_THAT(second.err, HasSubstr("kirsch module dev runs here already: pid " + std::to_string(it.pid())));
  it.edit("hello.cpp", "\"!\\n\"", "\" again\\n\"");
  it.wait_for("served after ");
  EXPECT_EQ(it.get("/hello").body, "Hello, world again\n");
}

TEST(ModuleDev, TakesItsServerAlongWhenItIsKilled) {
  const Workshop workshop;
  ASSERT_EQ(workshop.run(".", {"module", "new", "hello"}).exit_code, 0);
  const auto verb = workshop.start("hello", {"module", "dev", "--port", "0"});
  ASSERT_TRUE(verb->wait_for([](const auto& output) { return output.out.find("/hello (") != std::string::npos; },
                             std::chrono::seconds(120)));
  const auto said = verb->output().out;
  const auto port = static_cast<std::uint16_t>(std::stoi(said.substr(said.find("127.0.0.1:") + 10)));
  Client client(port);
  verb->signal(SIGKILL);
  verb->wait();
  EXPECT_EQ(client.read_to_end(), "") << "the kernel has closed it";
}

constexpr const char* overrun = R"(#include <kirsch/module.h>
struct Hello {
  std::string greeting;
  static constexpr auto options = kirsch::options(kirsch::opt<&Hello::greeting>("greeting", "", "what is said"));
  void handle(kirsch::Exchange& exchange) const {
    std::vector<char> text(greeting.begin(), greeting.end());
    text.data()[greeting.size()] = 'y';
    exchange.response().text(std::string(text.begin(), text.end()));
  }
};
KIRSCH_MODULE("hello", "0.1.0", kirsch::handler<Hello>("hello"));
)";

TEST(ModuleDev, FindsMisuseOfMemoryAndShowsItAndGoesOn) {
  Development it("handler", overrun, {"--asan"});
  {
    Client client(it.port());
    client.send(simple_get("/hello"));
    it.wait_for("shows this, too\n");
  }
  EXPECT_THAT(it.said(), HasSubstr("ERROR: AddressSanitizer: heap-buffer-overflow"));
  EXPECT_THAT(it.get("/hello").body, AllOf(HasSubstr("hello has ended the server"), HasSubstr("heap-buffer-overflow"),
                                           HasSubstr("hello.cpp:7")));
  it.edit("hello.cpp", "[greeting.size()]", "[0]");
  it.wait_for("served after ");
  EXPECT_EQ(it.get("/hello").body, "yello");
}

}  // namespace
}  // namespace kirsch::test
