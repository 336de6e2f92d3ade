// Validated options as the C contract wants them.
#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "base/value.h"
#include "kirsch/abi.h"

namespace kirsch::pipeline {

// Gives the instance for a provider option; throws base::Refusal.
using ProviderResolver = std::function<kirsch_service(const base::ProviderUse& use, const base::Position& origin)>;

// Owns the kirsch_value tree of one structure of options while `create` runs. Texts point into the base::Value given,
// which must outlive it.
class LoweredOptions {
 public:
  LoweredOptions(const base::Structure& options, const ProviderResolver& resolve);
  const kirsch_value& value() const { return root_; }

 private:
  kirsch_value lower(const base::Value& value);
  kirsch_value lower(const base::Structure& structure);
  const kirsch_value* keep(std::vector<kirsch_value> values);

  const ProviderResolver& resolve_;
  std::deque<std::vector<kirsch_value>> arrays_;  // addresses of the arrays stay as more come
  kirsch_value root_{};
};

}  // namespace kirsch::pipeline
