// Manifests: what a module may say of itself, and what is refused.
#include "loader/manifest.h"

#include <gmock/gmock.h>

#include <string>

namespace kirsch::loader {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

const std::string whole_manifest = R"json({
  "name":"secureheaders","version":"1.0.0","summary":"Protects","abi":[1,0],"compiler":"GCC 12.2.0","phase":"early",
  "requires":{"features":["kirsch/log/1"],"services":["greeting/1"]},"of_a_later_minor":{"x":[1]},
  "provides":[
   {"kind":"tool","name":"secureheaders","summary":"adds","hooks":[
     {"point":"before_finalize","class":"inline","priority":60,"failsafe":true},
     {"point":"on_end_request","class":"async"}],
    "options":[
     {"name":"max_age","help":"how long","default":"730d","type":"duration","minimum":0,"maximum":9223372036854775807,
      "unit_ns":1000000000,"optional":true},
     {"name":"mode","type":"enumeration","names":["on","off"]},
     {"name":"origins","type":"list","element":{"type":"string","maximum_length":64},"default":"[]"},
     {"name":"limits","type":"map","element":{"type":"structure","options":[{"name":"rate","type":"number","minimum":0.5}]}},
     {"name":"either","type":"one_of","alternatives":[{"type":"boolean"},{"type":"size"}]},
     {"name":"storage","type":"provider","service":"kirsch/session-storage/1"}]},
   {"kind":"handler","name":"static","class":"blocking","streams_body":true,"options":[]},
   {"kind":"plugin","name":"signals","channels":[{"channel":"start","priority":66},{"channel":"exit"}]},
   {"kind":"service","name":"redis","service":"kirsch/session-storage/1"}]})json";

std::string changed(const std::string& from, const std::string& to) {
  std::string text = whole_manifest;
  const auto at = text.find(from);
  if (at == std::string::npos) throw std::logic_error("nothing to change: " + from);
  return text.replace(at, from.size(), to);
}

std::string fault(const std::string& from, const std::string& to) {
  const ManifestReading reading = read_manifest(changed(from, to));
  EXPECT_FALSE(reading.manifest) << to;
  return reading.fault;
}

TEST(Manifest, says_who_the_module_is) {
  const ManifestReading reading = read_manifest(whole_manifest);
  ASSERT_TRUE(reading.manifest) << reading.fault;
  const Manifest& manifest = *reading.manifest;
  EXPECT_EQ(manifest.name, "secureheaders");
  EXPECT_EQ(manifest.version, "1.0.0");
  EXPECT_EQ(manifest.abi, (Abi{1, 0}));
  EXPECT_EQ(manifest.compiler, "GCC 12.2.0");
  EXPECT_EQ(manifest.phase, Phase::early);
  EXPECT_THAT(manifest.features, ElementsAre("kirsch/log/1"));
  EXPECT_THAT(manifest.services, ElementsAre("greeting/1"));
}

TEST(Manifest, says_what_the_module_provides) {
  const Manifest manifest = *read_manifest(whole_manifest).manifest;
  ASSERT_EQ(manifest.provides.size(), 4u);
  const Offer& tool = manifest.provides[0];
  EXPECT_EQ(tool.kind, Kind::tool);
  ASSERT_EQ(tool.hooks.size(), 2u);
  EXPECT_EQ(tool.hooks[0].point, KIRSCH_HOOK_BEFORE_FINALIZE);
  EXPECT_EQ(tool.hooks[0].priority, 60);
  EXPECT_TRUE(tool.hooks[0].failsafe);
  EXPECT_EQ(tool.hooks[1].point, KIRSCH_HOOK_ON_END_REQUEST);
  EXPECT_EQ(tool.hooks[1].execution, ExecutionClass::async);
  EXPECT_EQ(tool.hooks[1].priority, 50);
  EXPECT_EQ(manifest.provides[1].execution, ExecutionClass::blocking);
  EXPECT_TRUE(manifest.provides[1].streams_body);
  ASSERT_EQ(manifest.provides[2].channels.size(), 2u);
  EXPECT_EQ(manifest.provides[2].channels[0].priority, 66);
  EXPECT_EQ(manifest.provides[2].channels[1].channel, Channel::exit);
  EXPECT_EQ(manifest.provides[2].channels[1].priority, std::nullopt);
  EXPECT_EQ(manifest.provides[3].service, "kirsch/session-storage/1");
}

TEST(Manifest, carries_the_schema_of_options) {
  const Manifest manifest = *read_manifest(whole_manifest).manifest;
  const auto& options = manifest.provides[0].options;
  ASSERT_EQ(options.size(), 6u);
  EXPECT_EQ(options[0].default_text, "730d");
  EXPECT_EQ(options[0].schema.type, base::OptionType::duration);
  EXPECT_EQ(options[0].schema.unit_ns, 1000000000);
  EXPECT_EQ(options[0].schema.minimum, 0.0);
  EXPECT_TRUE(options[0].schema.optional);
  EXPECT_EQ(options[1].default_text, std::nullopt);
  EXPECT_THAT(options[1].schema.names, ElementsAre("on", "off"));
  EXPECT_EQ(options[2].schema.element->maximum_length, 64u);
  EXPECT_EQ(options[3].schema.element->options.at(0).schema.minimum, 0.5);
  EXPECT_EQ(options[4].schema.alternatives.at(1).type, base::OptionType::size);
  EXPECT_EQ(options[5].schema.service, "kirsch/session-storage/1");
}

TEST(Manifest, is_refused_with_a_wrong_type_and_the_field_is_named) {
  EXPECT_EQ(fault(R"("1.0.0")", "1"), "version is not a string");
  EXPECT_EQ(fault("[1,0]", "[0]"), "abi is not [major, minor]");
  EXPECT_EQ(fault("[1,0]", "[0,65536]"), "abi[1] is not within 0 and 65535");
  EXPECT_EQ(fault("[1,0]", "[true,0]"), "abi[0] is not an integer");
  EXPECT_EQ(fault(R"("priority":60)", R"("priority":"60")"), "provides[0].hooks[0].priority is not an integer");
  EXPECT_EQ(fault(R"("priority":60)", R"("priority":101)"), "provides[0].hooks[0].priority is not within 0 and 100");
  EXPECT_EQ(fault(R"("failsafe":true)", R"("failsafe":1)"), "provides[0].hooks[0].failsafe is not true or false");
  EXPECT_EQ(fault(R"("minimum":0,)", R"("minimum":"0",)"), "provides[0].options[0].minimum is not a number");
  EXPECT_EQ(fault(R"(["kirsch/log/1"])", R"("kirsch/log/1")"), "requires.features is not a list");
  EXPECT_EQ(fault(R"({"type":"string","maximum_length":64})", "7"), "provides[0].options[2].element is not an object");
}

TEST(Manifest, is_refused_with_an_unknown_word) {
  EXPECT_THAT(fault("before_finalize", "before_breakfast"),
              HasSubstr("provides[0].hooks[0].point is 'before_breakfast', which is none of on_start_resource, "));
  EXPECT_THAT(fault(R"("inline")", R"("fast")"), HasSubstr("none of inline, blocking, async"));
  EXPECT_THAT(fault(R"("early")", R"("never")"), HasSubstr("none of early, late"));
  EXPECT_THAT(fault(R"("kind":"plugin")", R"("kind":"gadget")"), HasSubstr("none of tool, handler, plugin, service"));
  EXPECT_THAT(fault(R"("type":"size")", R"("type":"weight")"), HasSubstr("unknown type 'weight'"));
}

TEST(Manifest, is_refused_when_something_is_missing) {
  EXPECT_EQ(fault(R"("name":"secureheaders","version")", R"("version")"), "name is missing");
  EXPECT_EQ(fault(R"("abi":[1,0],)", ""), "abi is missing");
  EXPECT_EQ(fault(R"("provides")", R"("offers")"), "provides is missing");
  EXPECT_EQ(fault(R"("names":["on","off"])", R"("names":[])"), "provides[0].options[1].names is empty");
  EXPECT_EQ(fault(R"("element":{"type":"string","maximum_length":64},)", ""),
            "provides[0].options[2].element is missing");
}

TEST(Manifest, is_refused_when_it_contradicts_itself) {
  EXPECT_THAT(fault(R"("name":"mode")", R"("name":"max_age")"), HasSubstr("declares the option 'max_age' again"));
  EXPECT_THAT(fault("on_end_request", "before_finalize"), HasSubstr("declares the hook point again"));
  EXPECT_THAT(fault(R"("kind":"service","name":"redis")", R"("kind":"handler","name":"static")"),
              HasSubstr("provides the handler 'static' again"));
  EXPECT_THAT(fault(R"("minimum":0,"maximum":9223372036854775807)", R"("minimum":5,"maximum":4)"),
              HasSubstr("larger than the maximum"));
}

TEST(Manifest, is_refused_with_names_that_would_disfigure_messages) {
  EXPECT_THAT(fault(R"("name":"secureheaders","version")", R"("name":"a\nb","version")"),
              HasSubstr("name holds a character"));
  EXPECT_THAT(fault(R"("name":"secureheaders","version")", R"("name":"../x","version")"),
              HasSubstr("name holds a character"));
  EXPECT_EQ(fault(R"("name":"secureheaders","version")", R"("name":"","version")"), "name is empty");
}

TEST(Manifest, is_refused_when_it_is_not_json) {
  for (const std::string text : {"", "{", "[]", "7", "nonsense", R"({"name":})"})
    EXPECT_FALSE(read_manifest(text).fault.empty()) << text;
  EXPECT_FALSE(read_manifest(whole_manifest + "}").manifest) << "what follows the object is not ignored";
  EXPECT_EQ(read_manifest(whole_manifest + std::string(1, '\0')).fault, "holds a zero byte");
}

TEST(Manifest, is_refused_when_it_is_nested_without_end) {
  std::string deep = R"({"x":)";
  for (int level = 0; level < 100000; ++level) deep += '[';
  EXPECT_THAT(read_manifest(deep).fault, HasSubstr("not JSON"));
}

TEST(Manifest, of_another_abi_still_says_who_it_is_and_what_it_claims) {
  const ManifestHead head = read_manifest_head(
      R"({"name":"chat","abi":[2,0],"version":7,"provides":[{"kind":"tool","name":"chat"},{"kind":"ghost"},{"kind":"handler","name":"talk"}]})");
  EXPECT_EQ(head.name, "chat");
  EXPECT_EQ(head.version, "");
  EXPECT_EQ(head.abi, (Abi{2, 0}));
  EXPECT_THAT(head.claims, ElementsAre(Pair(Kind::tool, "chat"), Pair(Kind::handler, "talk")));
  EXPECT_EQ(read_manifest_head("nonsense").name, "");
}

}  // namespace
}  // namespace kirsch::loader
