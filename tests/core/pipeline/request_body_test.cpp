// Bodies in memory and in files, and what they take of the quota.
#include "pipeline/request_body.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>

namespace kirsch::pipeline {
namespace {

std::shared_ptr<Spool> spool(std::uint64_t quota = 1 << 20) {
  return std::make_shared<Spool>(std::filesystem::temp_directory_path(), quota);
}

TEST(RequestBody, StaysInMemoryUpToItsMark) {
  RequestBody body;
  body.begin(4);
  body.append("ab");
  body.append("cd");
  EXPECT_FALSE(body.wants_write());
  body.end();
  EXPECT_TRUE(body.complete());
  EXPECT_EQ(body.view(), "abcd");
  EXPECT_EQ(body.descriptor(), -1);
  EXPECT_EQ(body.clear(), nullptr);
}

TEST(RequestBody, GoesToAFileBeyondItAndIsMappedAsAWhole) {
  const auto place = spool();
  RequestBody body;
  body.begin(4);
  body.append("abcde");
  ASSERT_TRUE(body.wants_write());
  auto first = body.begin_write(place);
  body.append("fg");
  EXPECT_FALSE(body.wants_write());
  EXPECT_EQ(first.file->append(first.bytes), 0);
  body.end_write();
  EXPECT_FALSE(body.wants_write()) << "a small rest waits for more";
  body.end();
  EXPECT_FALSE(body.complete());
  auto second = body.begin_write(place);
  EXPECT_EQ(second.file->append(second.bytes), 0);
  body.end_write();
  ASSERT_TRUE(body.complete());
  EXPECT_EQ(body.view(), "abcdefg");
  struct stat status {};
  ASSERT_EQ(::fstat(body.descriptor(), &status), 0);
  EXPECT_EQ(status.st_nlink, 0U) << "nobody else can find it";
  EXPECT_EQ(place->used(), 7U);
  first.file.reset();
  second.file.reset();
  body.clear();
  EXPECT_EQ(place->used(), 0U);
}

TEST(RequestBody, AsksForAPauseWhileWritesAreSlow) {
  RequestBody body;
  body.begin(0);
  body.append("x");
  const auto write = body.begin_write(spool());
  body.append(std::string(2 * RequestBody::piece - 1, 'x'));
  EXPECT_FALSE(body.crowded());
  body.append("x");
  EXPECT_TRUE(body.crowded());
  body.end_write();
  EXPECT_FALSE(body.crowded());
}

TEST(SpoolFile, RefusesWhatTheQuotaDoesNotHold) {
  const auto place = spool(5);
  SpoolFile one(place);
  EXPECT_EQ(one.append("abc"), 0);
  {
    SpoolFile other(place);
    EXPECT_EQ(other.append("abc"), EDQUOT);
    EXPECT_EQ(other.append("ab"), 0);
  }
  EXPECT_EQ(one.append("de"), 0);
}

TEST(SpoolFile, SaysWhyItCannotBeMade) {
  SpoolFile file(std::make_shared<Spool>("/nonexistent", 100));
  EXPECT_EQ(file.append("a"), ENOENT);
}

}  // namespace
}  // namespace kirsch::pipeline
