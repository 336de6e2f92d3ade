// What the host offers to modules: no exception crosses to them.
#include "pipeline/host.h"

#include <gtest/gtest.h>

namespace kirsch::pipeline {
namespace {

template <class Functions>
const Functions& feature(const kirsch_host& host, std::string_view id) {
  return *static_cast<const Functions*>(host.feature(&host, {id.data(), id.size()}));
}

TEST(Host, gives_no_blob_where_there_is_no_memory_for_one) {
  base::Logs logs({});
  Host owner(logs, 1, 1, {});
  const auto host = owner.table_for("m", "1.0.0");
  const auto& blobs = feature<kirsch_blob_functions>(*host, KIRSCH_FEATURE_BLOB);
  const kirsch_text huge{"", SIZE_MAX / 2};
  EXPECT_EQ(blobs.create(host.get(), huge), nullptr);
  EXPECT_EQ(blobs.join(host.get(), &huge, 1), nullptr);
}

}  // namespace
}  // namespace kirsch::pipeline
