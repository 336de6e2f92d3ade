// permessage-deflate (RFC 7692): what is agreed on, and what payloads come of it.
#include <gmock/gmock.h>

#include <random>

#include "support/memory.h"
#include "support/websocket_client.h"
#include "websocket/compression.h"
#include "websocket/offer.h"

namespace websocket {
namespace {

using ::testing::HasSubstr;
using namespace std::string_literals;

// The answer to an offer; empty: none.
std::string answered(std::string_view offer, const DeflateTerms& terms = {.context_takeover = true}) {
  const auto agreed = negotiate(parse_extensions(offer).value(), terms);
  return agreed ? extension(*agreed) : "";
}

// 7.1, each parameter alone and with the others
TEST(DeflateOffer, IsTakenWithEachOfItsParameters) {
  EXPECT_EQ(answered("permessage-deflate"), "permessage-deflate");
  EXPECT_EQ(answered("permessage-deflate; server_no_context_takeover"),
            "permessage-deflate; server_no_context_takeover");
  EXPECT_EQ(answered("permessage-deflate; client_no_context_takeover"),
            "permessage-deflate; client_no_context_takeover");
  EXPECT_EQ(answered("permessage-deflate; client_max_window_bits"), "permessage-deflate");
  for (int bits = 8; bits <= 15; ++bits) {
    const auto number = std::to_string(bits);
    EXPECT_EQ(answered("permessage-deflate; client_max_window_bits=" + number),
              "permessage-deflate; client_max_window_bits=" + number);
    EXPECT_EQ(answered("permessage-deflate; server_max_window_bits=" + number),
              bits == 8 ? "" : "permessage-deflate; server_max_window_bits=" + number);
  }
  EXPECT_EQ(answered("permessage-deflate;server_max_window_bits=10 ; client_max_window_bits = \"11\"; "
                     "server_no_context_takeover; client_no_context_takeover"),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; "
            "client_max_window_bits=11");
}

TEST(DeflateOffer, IsMadeNarrowerByTheTerms) {
  const DeflateTerms narrow{.context_takeover = false, .window_bits = 10};
  EXPECT_EQ(answered("permessage-deflate", narrow),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  EXPECT_EQ(answered("permessage-deflate; client_max_window_bits; server_max_window_bits=12", narrow),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; "
            "client_max_window_bits=10");
}

TEST(DeflateOffer, WithAFaultIsPassedOverForTheNext) {
  for (const auto* fault :
       {"permessage-deflate; unknown", "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=7", "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=08", "permessage-deflate; client_max_window_bits=x",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10",
        "permessage-deflate; client_max_window_bits; client_max_window_bits", "permessage-bzip2",
        "x-webkit-deflate-frame"}) {
    EXPECT_EQ(answered(fault), "") << fault;
    EXPECT_EQ(answered(fault + ", permessage-deflate"s), "permessage-deflate") << fault;
  }
}

}  // namespace

// The message, or why there is none.
static std::string inflated(Inflater& inflater, std::string_view payload, bool keeps = false,
                            std::uint64_t limit = 1 << 20) {
  Fault fault;
  std::string made;
  inflater.inflate(payload, limit, keeps, made, fault);
  return fault.code == 0 ? made : std::to_string(fault.code) + " " + fault.reason;
}

static std::string deflated(Deflater& deflater, std::string_view message, bool keeps = false) {
  std::string made;
  return std::string(deflater.deflate(message, keeps, made));
}

namespace {

// 7.2.3, examples
TEST(Inflater, ReadsTheExamples) {
  Inflater inflater(15);
  EXPECT_EQ(inflated(inflater, "\xf2\x48\xcd\xc9\xc9\x07\x00"s, true), "Hello");
  EXPECT_EQ(inflated(inflater, "\xf2\x00\x11\x00\x00"s, true), "Hello");  // refers to the first
  EXPECT_EQ(inflated(inflater, "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"s),
            "Hello");                                                           // a block without compression
  EXPECT_EQ(inflated(inflater, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s), "Hello");  // a last block
  EXPECT_EQ(inflated(inflater, "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s), "Hello");  // two blocks
  EXPECT_EQ(inflated(inflater, "\x00"s), "");
}

TEST(Inflater, GoesOnBehindALastBlock) {
  Inflater inflater(15);
  EXPECT_EQ(inflated(inflater, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s, true), "Hello");
  EXPECT_EQ(inflated(inflater, "\xf2\x00\x11\x00\x00"s, true), "Hello");
}

TEST(Inflater, KnowsNothingOfEarlierMessagesWithoutAContext) {
  Inflater inflater(15);
  EXPECT_EQ(inflated(inflater, "\xf2\x48\xcd\xc9\xc9\x07\x00"s), "Hello");
  EXPECT_THAT(inflated(inflater, "\xf2\x00\x11\x00\x00"s), HasSubstr("1007"));
  EXPECT_EQ(inflated(inflater, "\xf2\x48\xcd\xc9\xc9\x07\x00"s), "Hello");
}

TEST(Inflater, RefusesWhatIsMalformed) {
  Inflater inflater(15);
  for (const auto& payload : {"\xff\xff\xff"s, "\x00\x05\x00\xfa\xfe"s})
    EXPECT_THAT(inflated(inflater, payload), HasSubstr("1007"));
}

TEST(Inflater, StopsABombWhileItGrows) {
  Deflater deflater(15, {.level = 9, .memory_level = 9});
  const auto bomb = deflated(deflater, std::string(16 << 20, '\0'));
  EXPECT_LT(bomb.size(), 80'000u);
  Inflater inflater(15);
  Fault fault;
  std::string made;
  EXPECT_LT(inflater.inflate(bomb, 100'000, false, made, fault).size(), 120'000u);
  EXPECT_EQ(fault.code, 1009);
  EXPECT_EQ(inflated(inflater, "\xf2\x48\xcd\xc9\xc9\x07\x00"s), "Hello");
}

TEST(Deflater, MakesWhatTheInflaterReads) {
  const std::string pattern = "a line that comes again and again; ";
  for (int bits = 9; bits <= 15; ++bits) {
    for (const bool keeps : {false, true}) {
      Deflater deflater(bits, {});
      Inflater inflater(bits);
      std::string message;
      for (int number = 0; number < 300; ++number) {
        message += pattern + std::to_string(number);
        EXPECT_TRUE(inflated(inflater, deflated(deflater, message, keeps), keeps) == message) << bits << ' ' << number;
      }
    }
  }
}

TEST(Deflater, RefersToEarlierMessagesOnlyWithAContext) {
  const std::string message = "somewhat longer, and said twice";
  for (const bool keeps : {false, true}) {
    Deflater deflater(12, {});
    const auto first = deflated(deflater, message, keeps).size();
    const auto second = deflated(deflater, message, keeps).size();
    if (keeps) {
      EXPECT_LT(second, first / 2);
    } else {
      EXPECT_EQ(second, first);
    }
  }
}

}  // namespace
}  // namespace websocket

namespace kirsch::test {
namespace {

std::string deflate_yaml(const std::string& deflate, const std::string& app = "echo") {
  return loopback("server: { loops: 2 }\npaths: { /: { handler: { websocket: { app: { " + app +
                  ": {} }, deflate: " + deflate + " } } } }\n");
}
const std::string offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";

TEST(Deflate, IsOffUnlessItIsTurnedOn) {
  const Server off(deflate_yaml("off"));
  WebSocketClient plain(off, {.fields = offer});
  EXPECT_EQ(plain.answer().count("Sec-WebSocket-Extensions"), 0u);
  plain.send_frame(0xC1, "x");
  EXPECT_EQ(plain.read_to_close(), 1002);
  const Server on(deflate_yaml("{}"));
  EXPECT_EQ(WebSocketClient(on).answer().count("Sec-WebSocket-Extensions"), 0u);
  EXPECT_EQ(WebSocketClient(on, {.fields = offer}).answer().field("Sec-WebSocket-Extensions"),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits=12");
}

TEST(Deflate, CompressesWhatIsLongEnoughAndGetsSmaller) {
  const Server server(deflate_yaml("{ threshold: 100 }"));
  WebSocketClient client(server, {.fields = offer});
  websocket::Inflater inflater(15);
  const auto answer = [&](const std::string& message) {
    client.send(message);
    return client.read();
  };
  EXPECT_FALSE(answer(std::string(99, 'x')).compressed);
  const auto compressed = answer(std::string(100, 'x'));
  EXPECT_TRUE(compressed.compressed);
  EXPECT_EQ(websocket::inflated(inflater, compressed.payload), std::string(100, 'x'));
  std::string noise;
  for (unsigned number = 1; noise.size() < 200; number = number * 1103515245 + 12345)
    noise += static_cast<char>(number >> 16);
  client.send_frame(0x82, noise);
  EXPECT_FALSE(client.read().compressed);
}

TEST(Deflate, ReadsCompressedMessagesInFragmentsWithPingsBetween) {
  const Server server(deflate_yaml("{}"));
  WebSocketClient client(server, {.fields = offer});
  websocket::Deflater deflater(12, {});
  const auto payload = websocket::deflated(deflater, "compressed and cut");
  client.send_frame(0x41, payload.substr(0, 3));
  client.send_frame(0x89, "ping");
  client.send_frame(0x80, payload.substr(3));
  EXPECT_EQ(client.read().payload, "ping");
  EXPECT_EQ(client.read_text(), "compressed and cut");
}

TEST(Deflate, KeepsContextsWhereItMay) {
  const Server server(deflate_yaml("{ context_takeover: true, threshold: 1 }"));
  WebSocketClient client(server, {.fields = offer});
  EXPECT_EQ(client.answer().field("Sec-WebSocket-Extensions"), "permessage-deflate; client_max_window_bits=12");
  websocket::Deflater deflater(12, {});
  websocket::Inflater inflater(15);
  const std::string message = "the same words, said again and again";
  std::size_t first = 0;
  for (int number = 0; number < 5; ++number) {
    client.send_frame(0xC1, websocket::deflated(deflater, message, true));
    const auto answer = client.read();
    ASSERT_TRUE(answer.compressed);
    EXPECT_EQ(websocket::inflated(inflater, answer.payload, true), message);
    if (number == 0) first = answer.payload.size();
    if (number != 0) {
      EXPECT_LT(answer.payload.size(), first / 2);
    }
  }
}

TEST(Deflate, HasContextsOnlyWhileThereIsMemoryForThem) {
  const Server server(deflate_yaml("{ context_takeover: true, memory: 70KiB }"));
  const auto agreed = [&](const WebSocketClient& client) { return *client.answer().field("Sec-WebSocket-Extensions"); };
  {
    WebSocketClient first(server, {.fields = offer});
    WebSocketClient second(server, {.fields = offer});
    EXPECT_THAT(agreed(first), ::testing::Not(::testing::HasSubstr("no_context")));
    EXPECT_THAT(agreed(second), ::testing::HasSubstr("server_no_context_takeover; client_no_context_takeover"));
    first.close();
  }
  // The memory is given back with the connection, which the server may notice a moment later.
  for (;;) {
    WebSocketClient later(server, {.fields = offer});
    if (agreed(later).find("no_context") == std::string::npos) break;
  }
}

TEST(Deflate, KeepsNoMessageForContexts) {
  const Server server(deflate_yaml("{ context_takeover: true }"));
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  const std::string message(1 << 20, 'x');
  const auto before = resident(server.pid());
  for (int number = 0; number < 40; ++number) {
    auto& client = *clients.emplace_back(std::make_unique<WebSocketClient>(server, WebSocketOptions{.fields = offer}));
    websocket::Deflater deflater(12, {});
    client.send_frame(0xC1, websocket::deflated(deflater, message, true));
    websocket::Inflater inflater(15);
    EXPECT_TRUE(websocket::inflated(inflater, client.read().payload, true) == message);
  }
  EXPECT_LT(resident(server.pid()), before + 2 * tolerated_growth);
}

TEST(Deflate, EndsABombWith1009AndNonsenseWith1007) {
  const Server server(deflate_yaml("{}"));
  websocket::Deflater deflater(12, {});
  WebSocketClient bomber(server, {.fields = offer});
  bomber.send_frame(0xC2, websocket::deflated(deflater, std::string(32 << 20, 'x')));
  EXPECT_EQ(bomber.read_to_close(), 1009);
  WebSocketClient nonsense(server, {.fields = offer});
  nonsense.send_frame(0xC2, "\xFF\xFF\xFF");
  EXPECT_EQ(nonsense.read_to_close(), 1007);
  WebSocketClient latin(server, {.fields = offer});
  latin.send_frame(0xC1, websocket::deflated(deflater, "\xFC"));
  EXPECT_EQ(latin.read_to_close(), 1007);
}

// What cannot be compressed becomes longer, so its frame may be longer than the limit of messages.
TEST(Deflate, MeasuresMessagesAsTheyAreInflated) {
  const Server server(deflate_yaml("{}, max_message: 64KiB"));
  std::minstd_rand random;
  std::string message(64 << 10, ' ');
  for (char& byte : message) byte = static_cast<char>(random() >> 8);
  websocket::Deflater deflater(12, {});
  const auto longest = websocket::deflated(deflater, message);
  ASSERT_GT(longest.size(), message.size());
  WebSocketClient client(server, {.fields = offer});
  client.send_frame(0xC2, longest);
  const auto echo = client.read();
  websocket::Inflater inflater(15);
  EXPECT_TRUE((echo.compressed ? websocket::inflated(inflater, echo.payload) : echo.payload) == message);
  client.send_frame(0xC2, websocket::deflated(deflater, message + "x"));
  EXPECT_EQ(client.read_to_close(), 1009);
}

TEST(Deflate, SharesTheFramesOfARoom) {
  const Server server(deflate_yaml("{ threshold: 100 }", "crowd"));
  std::vector<std::unique_ptr<WebSocketClient>> members;
  const auto join = [&](const std::string& fields) {
    auto& client = *members.emplace_back(std::make_unique<WebSocketClient>(server, WebSocketOptions{.fields = fields}));
    client.send("join room");
    EXPECT_EQ(client.read_text(), "joined room");
  };
  for (int number = 0; number < 3; ++number) join(offer);
  join("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9\r\n");
  join("");
  websocket::Inflater inflater(15);
  members.front()->send("size room 1000");
  for (const auto& member : members) {
    const auto frame = member->read();
    EXPECT_EQ(frame.compressed, member != members.back());
    const auto message = frame.compressed ? websocket::inflated(inflater, frame.payload) : frame.payload;
    EXPECT_EQ(message, std::string(1000, 'x'));
  }
}

}  // namespace
}  // namespace kirsch::test
