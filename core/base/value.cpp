// Comparison of values without the places that they come from.
#include "base/value.h"

#include <algorithm>

namespace kirsch::base {
namespace {

bool same_all(const std::vector<Value>& left, const std::vector<Value>& right) {
  return std::ranges::equal(left, right, [](const Value& one, const Value& other) { return same(one, other); });
}

struct Comparison {
  bool operator()(const Value::List& left, const Value::List& right) const { return same_all(left, right); }
  bool operator()(const Value::Map& left, const Value::Map& right) const {
    return std::ranges::equal(left, right, [](const MapEntry& one, const MapEntry& other) {
      return one.key == other.key && same(one.value, other.value);
    });
  }
  bool operator()(const Structure& left, const Structure& right) const { return same(left, right); }
  bool operator()(const Choice& left, const Choice& right) const {
    return left.index == right.index && same_all(left.value, right.value);
  }
  bool operator()(const ProviderUse& left, const ProviderUse& right) const {
    return left.service == right.service && left.name == right.name && same_all(left.options, right.options);
  }
  template <class Scalar>
  bool operator()(const Scalar& left, const Scalar& right) const {
    return left == right;
  }
  template <class Left, class Right>
  bool operator()(const Left&, const Right&) const {
    return false;
  }
};

}  // namespace

bool same(const Value& left, const Value& right) { return std::visit(Comparison{}, left.data, right.data); }

bool same(const Structure& left, const Structure& right) { return same_all(left.values, right.values); }

}  // namespace kirsch::base
