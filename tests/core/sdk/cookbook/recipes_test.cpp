// What the recipes refuse, and what no session in a terminal shows.
#include <gmock/gmock.h>

#include <fstream>

#include "core/sdk/cookbook/kitchen.h"
#include "support/websocket_client.h"

namespace kirsch::test {
namespace {

using ::testing::HasSubstr;

constexpr auto plain = "Accept: text/plain\r\n";

Response send_form(const std::string& target, const std::string& body, const std::string& fields = {}) {
  return request(kitchen(), "POST", target, "Content-Type: application/x-www-form-urlencoded\r\n" + fields, body);
}

TEST(AccountsRecipe, tells_nobody_which_of_name_and_password_is_wrong) {
  const auto unknown = send_form("/login", "name=eve&password=lovelace", plain);
  const auto wrong = send_form("/login", "name=ada&password=eve", plain);
  EXPECT_EQ(unknown.status, 403);
  EXPECT_EQ(unknown.body, wrong.body);
  EXPECT_EQ(unknown.count("Set-Cookie") + wrong.count("Set-Cookie"), 0u);
}

TEST(AccountsRecipe, is_not_led_astray) {
  for (const auto* attack : {"name=ada'--&password=lovelace", "name=' or ''='&password=", "name=&password=",
                             "name=ada&password=lovelace%00", "name=ada%00&password=lovelace", "password=lovelace", ""})
    EXPECT_EQ(send_form("/login", attack).status, 403) << attack;
  EXPECT_EQ(send_form("/login", "name=ada&password=lovelace", "Sec-Fetch-Site: cross-site\r\n").status, 403);
  EXPECT_EQ(send_form("/login", "name=ada&password=lovelace&next=//evil.example").field("Location"), "/");
}

TEST(AccountsRecipe, logs_out) {
  const auto login = send_form("/login", "name=ada&password=lovelace");
  const auto set = login.field("Set-Cookie").value_or("");
  const auto cookie = "Cookie: " + set.substr(0, set.find(';')) + "\r\n";
  EXPECT_EQ(get(kitchen(), "/members/", cookie).status, 200);
  EXPECT_EQ(send_form("/logout", "", cookie).status, 303);
  EXPECT_EQ(get(kitchen(), "/members/", cookie).status, 401);
}

TEST(ExperimentRecipe, deals_both_groups_and_keeps_clients_in_theirs) {
  std::map<std::string, int> dealt;
  for (int client = 0; client < 64; ++client) ++dealt[get(kitchen(), "/start").body];
  EXPECT_EQ(dealt.size(), 2u) << "64 tosses of a coin";
  EXPECT_EQ(get(kitchen(), "/start", "Cookie: group=calm\r\n").count("Set-Cookie"), 0u);
  EXPECT_EQ(get(kitchen(), "/start").field("Cache-Control"), "private");
}

TEST(NotesRecipe, refuses_what_is_no_note) {
  const auto post = [](const std::string& type, const std::string& body) {
    return request(kitchen(), "POST", "/notes/", "Content-Type: " + type + "\r\n", body).status;
  };
  EXPECT_EQ(post("text/plain", R"({"text": "a"})"), 415);
  for (const auto* body : {"", "{", "[]", "null", "{}", R"({"text": 1})", R"({"text": null})", R"({"text": ["a"]})",
                           R"({"text": [[[[[[[[]]]]]]]]})", "{\"text\": \"\xff\"}"})
    EXPECT_EQ(post("application/json", body), 400) << body;
  for (const auto* target : {"/notes/999", "/notes/x", "/notes/-1", "/notes/1x", "/notes/99999999999999999999"})
    EXPECT_EQ(get(kitchen(), target).status, 404) << target;
  EXPECT_EQ(request(kitchen(), "DELETE", "/notes/").field("Allow"), "GET, HEAD, POST");
}

TEST(NotesRecipe, quotes_what_clients_write) {
  const auto made =
      request(kitchen(), "POST", "/other/notes/", "Content-Type: application/json\r\n", R"({"text": "\"</\u0000"})");
  EXPECT_EQ(made.status, 201);
  const auto location = made.field("Location").value_or("");
  EXPECT_EQ(get(kitchen(), location).body, made.body);
  EXPECT_THAT(made.body, HasSubstr(R"("text":"\"</\u0000")"));
  EXPECT_EQ(request(kitchen(), "DELETE", location).status, 204);
}

TEST(UploadRecipe, gives_files_names_of_its_own) {
  const std::string body =
      "--b\r\nContent-Disposition: form-data; name=f; filename=\"../../evil.sh\"\r\nContent-Type: "
      "text/plain\r\n\r\nx\r\n"
      "--b--\r\n";
  const auto made = request(kitchen(), "POST", "/upload", "Content-Type: multipart/form-data; boundary=b\r\n", body);
  EXPECT_EQ(made.status, 201);
  EXPECT_THAT(made.body, ::testing::MatchesRegex("[0-9a-f]{32}\\.txt\n"));
  EXPECT_FALSE(std::filesystem::exists(place("upload").parent_path() / "evil.sh"));
}

TEST(UploadRecipe, refuses_what_is_no_file) {
  EXPECT_EQ(send_form("/upload", "file=a").status, 415);
  EXPECT_EQ(
      request(kitchen(), "POST", "/upload", "Content-Type: multipart/form-data; boundary=b\r\n", "--b--\r\n").status,
      400);
  EXPECT_EQ(request(kitchen(), "POST", "/upload", "Content-Type: multipart/form-data; boundary=b\r\n", "x").status,
            400);
}

TEST(NewsRecipe, lets_no_text_become_a_field_of_an_event) {
  Client reader(kitchen());
  reader.send("GET /news HTTP/1.0\r\nHost: a\r\n\r\n");
  const std::string beginning = "retry: 2000\n\n";
  std::string heard;
  const auto read_up_to = [&](const std::string& end) {
    while (!heard.ends_with(end)) heard += reader.read_some();
    heard.erase(0, heard.find("\r\n\r\n") == heard.npos ? 0 : heard.find("\r\n\r\n") + 4);
  };
  read_up_to(beginning);
  heard.clear();
  EXPECT_EQ(request(kitchen(), "POST", "/news", {}, "a\nevent: b\r\n\rid: c").status, 204);
  read_up_to("c\n\n");
  EXPECT_EQ(heard, "data: a\ndata: event: b\ndata: \ndata: \ndata: id: c\n\n");
}

TEST(PollRecipe, answers_those_who_wait_when_there_is_something) {
  Client first(kitchen()), second(kitchen());
  for (auto* client : {&first, &second}) client->send(simple_get("/other/poll"));
  EXPECT_EQ(get(kitchen(), "/other/poll?after=x").status, 400);
  EXPECT_EQ(request(kitchen(), "POST", "/other/poll", {}, "pears").status, 204);
  for (auto* client : {&first, &second}) {
    const auto answer = client->read();
    EXPECT_EQ(answer.body, "pears");
    EXPECT_EQ(answer.field("X-Number"), "1");
  }
  EXPECT_EQ(get(kitchen(), "/other/poll").body, "pears") << "who asks late is answered at once";
  EXPECT_EQ(get(kitchen(), "/other/impatient").status, 204) << "and who waits for too long is told so";
}

TEST(GuessRecipe, is_won_by_who_has_the_number_and_heard_by_all) {
  WebSocketClient ada(kitchen(), {.path = "/guess?name=ada"}), bob(kitchen(), {.path = "/guess?name=bob"});
  for (auto* player : {&ada, &bob}) EXPECT_EQ(player->read_text(), "Guess a number from 1 to 3.");
  bob.send("pear");
  EXPECT_EQ(bob.read_text(), "That is no number.");
  std::string heard;
  for (int guess = 1; guess <= 3 && heard.find("has it") == heard.npos; ++guess) {
    ada.send(std::to_string(guess));
    heard = ada.read_text();
  }
  EXPECT_THAT(heard, ::testing::MatchesRegex("ada has it: [123], in [123] tries\\."));
  EXPECT_EQ(bob.read_text(), heard);
}

TEST(GuessRecipe, refuses_strange_names) {
  for (const auto* name : {"", "a%0Ab", "%3Cb%3E", "aaaaaaaaaaaaaaaaaaaaa"})
    EXPECT_THROW(WebSocketClient(kitchen(), {.path = "/guess?name=" + std::string(name)}), std::runtime_error) << name;
}

TEST(SealedRecipe, gives_out_no_record_that_was_changed) {
  const auto login = send_form("/sealed/login", "name=ada&password=lovelace");
  const auto set = login.field("Set-Cookie").value_or("");
  const auto cookie = "Cookie: " + set.substr(0, set.find(';')) + "\r\n";
  ASSERT_EQ(get(kitchen(), "/sealed/", cookie).status, 200);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(place("sealed") / "records")) {
    if (!entry.is_regular_file() || entry.file_size() == 0) continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(-1, std::ios::end);
    const auto last = static_cast<char>(file.get() ^ 1);
    file.seekp(-1, std::ios::end);
    file.put(last);
  }
  EXPECT_NE(get(kitchen(), "/sealed/", cookie).status, 200);
}

TEST(DurationsRecipe, counts_what_fails) {
  Client client(kitchen());  // of one connection, since an answer is counted when it has left
  client.send(simple_get("/other/failing"));
  EXPECT_EQ(client.read().status, 503);
  client.send(simple_get("/metrics"));
  EXPECT_THAT(client.read().body, HasSubstr("kirsch_answer_failures_total{of=\"failing\"} 1\n"));
}

}  // namespace
}  // namespace kirsch::test
