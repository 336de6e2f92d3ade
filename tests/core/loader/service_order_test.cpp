// Providers before consumers, circles refused.
#include "loader/service_order.h"

#include <gmock/gmock.h>

#include <set>
#include <string>
#include <vector>

#include "plugins_directory.h"

namespace kirsch::loader {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> order(const Catalogue& catalogue, const std::set<std::string>& names) {
  std::set<const ModuleFile*> used;
  for (const auto& file : catalogue.files())
    if (names.contains(file->manifest->name)) used.insert(file.get());
  std::vector<std::string> ordered;
  for (const ModuleFile* file : service_order(catalogue, used)) ordered.push_back(file->manifest->name);
  return ordered;
}

base::Diagnostic refusal(const Catalogue& catalogue, const std::set<std::string>& names) {
  try {
    order(catalogue, names);
  } catch (const base::Refusal& refused) {
    return refused.diagnostics().front();
  }
  ADD_FAILURE() << "an order was found";
  return {};
}

TEST(ServiceOrder, puts_the_provider_before_its_consumer_and_loads_it_unasked) {
  const PluginsDirectory plugins;
  for (const char* name : {"consumer", "good", "greeter"}) plugins.add(name);
  const Catalogue catalogue = plugins.scan();
  EXPECT_THAT(order(catalogue, {"consumer"}), ElementsAre("greeter", "consumer"));
  EXPECT_THAT(order(catalogue, {"consumer", "good", "greeter"}), ElementsAre("greeter", "consumer", "good"));
  EXPECT_THAT(order(catalogue, {"good"}), ElementsAre("good"));
  EXPECT_THAT(order(catalogue, {}), IsEmpty());
}

TEST(ServiceOrder, does_not_choose_among_providers_unless_one_is_in_use) {
  const PluginsDirectory plugins;
  for (const char* name : {"consumer", "greeter", "second_greeter"}) plugins.add(name);
  const Catalogue catalogue = plugins.scan();
  const base::Diagnostic diagnostic = refusal(catalogue, {"consumer"});
  EXPECT_EQ(diagnostic.code, "M206");
  EXPECT_THAT(diagnostic.message,
              AllOf(HasSubstr("greeting/1"), HasSubstr("/greeter.so"), HasSubstr("/second_greeter.so")));
  EXPECT_THAT(order(catalogue, {"consumer", "second_greeter"}), ElementsAre("second_greeter", "consumer"));
}

TEST(ServiceOrder, refuses_a_circle_that_the_modules_in_use_make_though_another_could_break_it) {
  const PluginsDirectory plugins;
  for (const char* name : {"circle_one", "circle_two", "circle_exit"}) plugins.add(name);
  const Catalogue catalogue = plugins.scan();
  EXPECT_THAT(catalogue.faulty(), IsEmpty());
  EXPECT_THAT(order(catalogue, {"circle_one", "circle_exit"}), ElementsAre("circle_exit", "circle_one"));
  const base::Diagnostic diagnostic = refusal(catalogue, {"circle_one", "circle_two"});
  EXPECT_EQ(diagnostic.code, "M215");
  EXPECT_EQ(diagnostic.exit_code, base::ExitCode::module_refused);
  EXPECT_THAT(diagnostic.message, HasSubstr("in a circle: circle_one → circle_two → circle_one"));
}

}  // namespace
}  // namespace kirsch::loader
