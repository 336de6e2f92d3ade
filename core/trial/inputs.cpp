// Borders first: the least, the most, nothing, much, and what is no value at all.
#include "trial/inputs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>

#include "base/text.h"
#include "config/expansion.h"

namespace kirsch::trial {
namespace {

using base::OptionType;
using base::Schema;
using Fate = Input::Fate;

constexpr double largest_integer = 9007199254740992.0;      // 2^53: limits are kept as doubles
constexpr double largest_duration = 9223372036854774784.0;  // the last double that 64 bits with a sign hold
constexpr std::int64_t day_ns = 86'400'000'000'000;
constexpr std::int64_t least_unit_ns = 1'000'000;  // of the configuration language

bool is_number(OptionType type) {
  return type == OptionType::integer || type == OptionType::number || type == OptionType::duration ||
         type == OptionType::size;
}

// What an operator can write, and the module counts in.
std::int64_t step_ns(const Schema& schema) {
  if (schema.unit_ns > std::numeric_limits<std::int64_t>::max() / least_unit_ns) return schema.unit_ns;
  return std::lcm(schema.unit_ns, least_unit_ns);
}

std::string number_text(const Schema& schema, double number) {
  const auto whole = base::whole_limit(number);
  switch (schema.type) {
    case OptionType::duration:
      return base::duration_text(whole - whole % step_ns(schema));
    case OptionType::number: {
      std::array<char, 64> text{};
      std::snprintf(text.data(), text.size(), "%.6f", number);
      return text.data();
    }
    default:
      return std::to_string(whole);
  }
}

double step(const Schema& schema) {
  return schema.type == OptionType::duration ? static_cast<double>(step_ns(schema)) : 1.0;
}

double countable(const Schema& schema) {
  return schema.type == OptionType::duration ? largest_duration : largest_integer;
}

double least(const Schema& schema) {
  const bool negative = schema.type == OptionType::integer || schema.type == OptionType::number;
  if (negative) return schema.minimum.value_or(-1000.0);
  return std::ceil(std::max(schema.minimum.value_or(0.0), 0.0) / step(schema)) * step(schema);
}

// Where nothing limits it, what a module may be expected to bear.
double most(const Schema& schema) {
  const double open = schema.type == OptionType::duration ? 10000.0 * static_cast<double>(day_ns) : 2147483647.0;
  const double limit = std::min(schema.maximum.value_or(open), countable(schema));
  return schema.type == OptionType::duration ? std::floor(limit / step(schema)) * step(schema) : limit;
}

std::string repeated(const std::string& text, std::size_t count) {
  std::string all;
  for (std::size_t number = 0; number < count; ++number) all += (number == 0 ? "" : ", ") + text;
  return all;
}

Fate worse(Fate left, Fate right) { return left == Fate::good ? right : right == Fate::bad ? right : left; }

}  // namespace

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char letter : config::unexpanded(text)) {
    std::array<char, 8> escape{};
    const auto byte = static_cast<unsigned char>(letter);
    if (byte < 0x20 || byte == 0x7f || letter == '"' || letter == '\\') {
      std::snprintf(escape.data(), escape.size(), "\\x%02x", byte);
      out += escape.data();
    } else {
      out += letter;
    }
  }
  return out + '"';
}

std::string Inputs::plain_provider(const Schema& schema) {
  for (const auto* provided : catalogue_.providers(schema.service))
    return "{ " + provided->offer().name + ": " + sample(provided->offer().options) + " }";
  return "{}";
}

std::string Inputs::plain(const Schema& schema) {
  switch (schema.type) {
    case OptionType::boolean:
      return "true";
    case OptionType::integer:
    case OptionType::number:
    case OptionType::duration:
    case OptionType::size:
      return number_text(schema, std::max(least(schema), std::min(step(schema), most(schema))));
    case OptionType::string:
    case OptionType::secret:
      return quoted(std::string("sample").substr(0, schema.maximum_length.value_or(6)));
    case OptionType::enumeration:
      return quoted(schema.names.empty() ? "" : schema.names.front());
    case OptionType::path:
      return quoted(folder_.string());
    case OptionType::cidr:
      return "\"192.0.2.0/24\"";
    case OptionType::list:
      return "[" + repeated(plain(*schema.element), static_cast<std::size_t>(schema.minimum.value_or(0))) + "]";
    case OptionType::map:
      return schema.minimum.value_or(0) > 0 ? "{ sample: " + plain(*schema.element) + " }" : "{}";
    case OptionType::structure:
      return sample(schema.options);
    case OptionType::one_of:
      return schema.alternatives.empty() ? "{}" : plain(schema.alternatives.front());
    case OptionType::provider:
      return plain_provider(schema);
  }
  return "{}";
}

std::string Inputs::sample(const std::vector<base::Option>& options) {
  std::string text;
  for (const auto& option : options)
    if (!option.default_text) text += (text.empty() ? " " : ", ") + option.name + ": " + plain(option.schema);
  return "{" + text + (text.empty() ? "}" : " }");
}

Inputs::Text Inputs::odd_number(const Schema& schema) {
  const double low = least(schema), high = most(schema), width = step(schema);
  // Narrow limits of a duration hold nothing that can be written; far ones of an integer are beyond what is tried.
  if (low > high) return {number_text(schema, low), Fate::either};
  switch (pick(5)) {
    case 0:
      return {number_text(schema, low)};
    case 1:
      return {number_text(schema, high)};
    case 2:
      return {number_text(schema, std::min(low + width, high))};
    case 3:
      if (schema.maximum && *schema.maximum < countable(schema) && *schema.maximum + width <= countable(schema))
        return {number_text(schema, std::floor(*schema.maximum) + width), Fate::bad};
      return {number_text(schema, high - std::min(width, high - low))};
    default:
      return {one_of("much", "\"\"", "1e400", "0x", "--1"), Fate::bad};
  }
}

Inputs::Text Inputs::odd_text(const Schema& schema) {
  const std::size_t room = schema.maximum_length.value_or(5000);
  const auto fate = [&](const std::string& text) {
    if (schema.type == OptionType::string && schema.maximum_length && text.size() > room) return Fate::bad;
    return Fate::either;  // only the module knows what it stands for
  };
  const std::string texts[] = {"",
                               "x",
                               "a b",
                               "\"quoted\" and \\",
                               "\r\nX-Injected: 1",
                               "\t\x01\x7f",
                               "\xc3\xa4\xe2\x82\xac",
                               "%s%n%2e%2e",
                               "{name} {{",
                               "../../etc/passwd",
                               "/nowhere/at/all",
                               "http://[::1]:99999/?#",
                               folder_.string(),
                               std::string(std::min<std::size_t>(room, 5000), 'y'),
                               std::string(std::min<std::size_t>(room, 5000) + 1, 'z')};
  const auto& text = texts[pick(std::size(texts))];
  return {quoted(text), fate(text)};
}

Inputs::Text Inputs::odd_several(const Schema& schema) {
  const bool list = schema.type == OptionType::list;
  const auto fewest = static_cast<std::size_t>(schema.minimum.value_or(0));
  const auto most_entries = static_cast<std::size_t>(schema.maximum.value_or(40));
  const bool too_many = schema.maximum && *schema.maximum < 100 && pick(4) == 0;
  const std::size_t wanted = std::clamp<std::size_t>(pick(4) == 0 ? most_entries : pick(4), fewest, most_entries);
  const std::size_t count = too_many ? most_entries + 1 : wanted;
  Text all{"", too_many ? Fate::bad : Fate::good};
  for (std::size_t number = 0; number < count; ++number) {
    const Text one = odd(*schema.element);
    all.fate = worse(all.fate, one.fate);
    const std::string key = number == 0 ? "a key" : "key" + std::to_string(number);
    all.text += (number == 0 ? "" : ", ") + (list ? one.text : quoted(key) + ": " + one.text);
  }
  all.text = (list ? "[" : "{") + all.text + (list ? "]" : "}");
  return all;
}

// Of another shape.
Inputs::Text Inputs::unfit(const Schema& schema) {
  const bool several = schema.type == OptionType::list || schema.type == OptionType::map ||
                       schema.type == OptionType::structure || schema.type == OptionType::provider;
  return {several ? "7" : "[[]]", Fate::bad};
}

Inputs::Text Inputs::odd(const Schema& schema) {
  if (schema.optional && pick(6) == 0) return {"off"};
  if (schema.type == OptionType::one_of) {
    if (schema.alternatives.empty()) return {"{}", Fate::either};
    // Which alternative a text is meant for is for the reader to say.
    return {odd(schema.alternatives[pick(schema.alternatives.size())]).text, Fate::either};
  }
  if (pick(8) == 0) return unfit(schema);
  if (is_number(schema.type)) return odd_number(schema);
  switch (schema.type) {
    case OptionType::boolean:
      return pick(4) == 0 ? Text{one_of("maybe", "2", "\"\""), Fate::bad} : Text{one_of("true", "false")};
    case OptionType::enumeration:
      if (schema.names.empty() || pick(4) == 0) return {"\"no such name\"", Fate::bad};
      return {quoted(schema.names[pick(schema.names.size())])};
    case OptionType::cidr:
      if (pick(3) == 0) return {one_of("\"10.0.0.0/33\"", "\"nowhere\"", "\"::1/129\"", "\"1.2.3\""), Fate::bad};
      return {one_of("\"0.0.0.0/0\"", "\"::/0\"", "\"127.0.0.1\"", "\"2001:db8::/32\"")};
    case OptionType::list:
    case OptionType::map:
      return odd_several(schema);
    case OptionType::structure: {
      const Input inside = next(schema.options);
      return {inside.text, inside.fate};
    }
    case OptionType::provider:
      return pick(3) == 0 ? Text{"{ no_such_provider: {} }", Fate::bad} : Text{plain_provider(schema), Fate::either};
    default:
      return odd_text(schema);
  }
}

Input Inputs::next(const std::vector<base::Option>& options) {
  if (options.empty() || pick(16) == 0) return {"{ no_such_option: 1 }", Fate::bad};
  const std::size_t chosen = pick(options.size());
  Input input{"", Fate::good};
  for (std::size_t index = 0; index < options.size(); ++index) {
    const auto& option = options[index];
    const bool changed = index == chosen || pick(8) == 0;
    if (!changed && option.default_text) continue;
    const Text text = changed ? odd(option.schema) : Text{plain(option.schema), Fate::either};
    input.fate = worse(input.fate, text.fate);
    input.text += (input.text.empty() ? " " : ", ") + option.name + ": " + text.text;
  }
  input.text = "{" + input.text + " }";
  return input;
}

std::string options_of(const Subject& subject, const loader::Offer& offer) {
  const auto given = subject.options.find(offer.name);
  if (given != subject.options.end()) return given->second;
  return Inputs(subject.blueprint.catalogue, subject.folder, 0).sample(offer.options);
}

}  // namespace kirsch::trial
