// Options made from their own schema: YAML texts that it allows, and such that it must refuse.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/schema.h"
#include "loader/catalogue.h"
#include "trial/subject.h"

namespace kirsch::trial {

struct Input {
  enum class Fate : std::uint8_t {
    good,    // the schema must take it
    bad,     // the schema must refuse it
    either,  // what the text means, only the module knows: a path, a secret
  };
  std::string text;  // a YAML mapping in flow style
  Fate fate = Fate::good;
};

// The same seed makes the same texts.
class Inputs {
 public:
  // `folder` is what paths name, and is there.
  Inputs(const loader::Catalogue& catalogue, std::filesystem::path folder, std::uint64_t seed)
      : catalogue_(catalogue), folder_(std::move(folder)), random_(seed) {}

  // A plain value for each option that has no default.
  std::string sample(const std::vector<base::Option>& options);
  // The same with one option, or a few, as no author thinks of them.
  Input next(const std::vector<base::Option>& options);

 private:
  struct Text {
    std::string text;
    Input::Fate fate = Input::Fate::good;
  };
  std::string plain(const base::Schema& schema);
  Text odd(const base::Schema& schema);
  Text odd_text(const base::Schema& schema);
  Text odd_number(const base::Schema& schema);
  Text odd_several(const base::Schema& schema);
  Text unfit(const base::Schema& schema);
  std::string plain_provider(const base::Schema& schema);
  std::size_t pick(std::size_t count) { return static_cast<std::size_t>(random_() % count); }
  template <typename... Choices>
  std::string one_of(Choices... choices) {
    const std::string all[] = {choices...};
    return all[pick(sizeof...(choices))];
  }

  const loader::Catalogue& catalogue_;
  const std::filesystem::path folder_;
  std::mt19937_64 random_;
};

// Options of an offer to try it with: those of the order, else a sample. YAML.
std::string options_of(const Subject& subject, const loader::Offer& offer);

// In double quotes, as YAML reads it back.
std::string quoted(const std::string& text);

}  // namespace kirsch::trial
