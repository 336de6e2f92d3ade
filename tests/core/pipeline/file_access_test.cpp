// Opening below a root, by openat2 and, where that is refused, step by step.
#include "pipeline/file_access.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <thread>

#include "base/unique_fd.h"
#include "support/folder.h"

namespace kirsch::test {
namespace {

using pipeline::FileFacts;

// As a sandbox of a container does it; for the calling thread alone.
void refuse_openat2() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{std::size(program), program};
  ASSERT_EQ(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), 0);
  ASSERT_EQ(::syscall(SYS_openat2, AT_FDCWD, ".", nullptr, 0), -1);
  ASSERT_EQ(errno, EPERM);
}

class FileAccess : public ::testing::Test {
 protected:
  FileAccess() {
    folder_.write("outside/secret.txt", "canary");
    folder_.write("root/a.txt", "alpha");
    folder_.write("root/docs/b.txt", "beta");
    const auto root = folder_.path() / "root";
    std::filesystem::create_symlink("a.txt", root / "inside");
    std::filesystem::create_symlink("../outside/secret.txt", root / "outward");
    std::filesystem::create_symlink("../outside", root / "way_out");
    root_.reset(pipeline::open_directory(root.string()));
  }
  // The contents, or "errno N".
  std::string read(std::string_view relative) const {
    FileFacts facts;
    const base::UniqueFd file(pipeline::open_beneath(root_.get(), relative, facts));
    if (file.get() < 0) return "errno " + std::to_string(-file.get());
    std::string text(facts.size, ' ');
    return ::pread(file.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) ? text : "short";
  }
  void expect_confinement(const std::string& inside) const {
    EXPECT_EQ(read("a.txt"), "alpha");
    EXPECT_EQ(read("docs/b.txt"), "beta");
    EXPECT_EQ(read("inside"), inside);
    EXPECT_EQ(read("docs"), "errno " + std::to_string(EISDIR));
    EXPECT_EQ(read("none"), "errno " + std::to_string(ENOENT));
    EXPECT_EQ(read("a.txt/more"), "errno " + std::to_string(ENOTDIR));
    for (const auto* path : {"outward", "way_out/secret.txt", "../outside/secret.txt", "docs/../../outside/secret.txt",
                             "..", "docs/..", "/etc/passwd"}) {
      EXPECT_TRUE(read(path).starts_with("errno ")) << path << ": " << read(path);
    }
    EXPECT_LT(pipeline::open_directory_beneath(root_.get(), "way_out"), 0);
    EXPECT_LT(pipeline::open_directory_beneath(root_.get(), ".."), 0);
    EXPECT_EQ(pipeline::open_directory_beneath(root_.get(), "a.txt"), -ENOTDIR);
    const base::UniqueFd docs(pipeline::open_directory_beneath(root_.get(), "docs"));
    EXPECT_GE(docs.get(), 0);
  }

  // A directory and a link that leads outside change places while a file below them is opened.
  void race() const {
    folder_.write("root/flip/secret.txt", "harmless");
    const auto flip = (folder_.path() / "root/flip").string(), way_out = (folder_.path() / "root/way_out").string();
    const std::jthread swapper([&](const std::stop_token& done) {
      while (!done.stop_requested()) {
        ::syscall(SYS_renameat2, AT_FDCWD, flip.c_str(), AT_FDCWD, way_out.c_str(), RENAME_EXCHANGE);
      }
    });
    int harmless = 0;
    for (int i = 0; i < 100'000; ++i) {
      const auto text = read("flip/secret.txt");
      ASSERT_NE(text, "canary");
      harmless += text == "harmless" ? 1 : 0;
    }
    EXPECT_GT(harmless, 0);
  }

  TemporaryFolder folder_;
  base::UniqueFd root_;
};

TEST_F(FileAccess, StaysBelowTheRoot) { expect_confinement("alpha"); }

TEST_F(FileAccess, StaysBelowTheRootWhereOpenat2IsRefusedAndFollowsNoLinkThen) {
  std::thread([this] {
    refuse_openat2();
    expect_confinement("errno " + std::to_string(ELOOP));
  }).join();
}

TEST_F(FileAccess, IsNotLeftThroughARace) { race(); }

TEST_F(FileAccess, IsNotLeftThroughARaceWhereOpenat2IsRefused) {
  std::thread([this] {
    refuse_openat2();
    race();
  }).join();
}

TEST_F(FileAccess, TellsWhetherPagesAreThere) {
  folder_.write("root/large", std::string(3'000'000, 'x'));
  FileFacts facts;
  const base::UniqueFd file(pipeline::open_beneath(root_.get(), "large", facts));
  pipeline::load(file.get(), 0, facts.size);
  EXPECT_TRUE(pipeline::resident(file.get(), 0, facts.size));
  EXPECT_TRUE(pipeline::resident(file.get(), facts.size - 1, 1));
  EXPECT_TRUE(pipeline::resident(file.get(), 0, 0));
}

TEST_F(FileAccess, ReadsWhatTheKernelHasDropped) {
  folder_.write("root/large", std::string(3'000'000, 'x'));
  FileFacts facts;
  const base::UniqueFd file(pipeline::open_beneath(root_.get(), "large", facts));
  ASSERT_EQ(::fdatasync(file.get()), 0);
  ASSERT_EQ(::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED), 0);
  // Not every file system can tell, or drops pages when it is asked to.
  RecordProperty("told_cold", pipeline::resident(file.get(), 0, facts.size) ? "no" : "yes");
  pipeline::load(file.get(), 0, facts.size);
  EXPECT_TRUE(pipeline::resident(file.get(), 0, facts.size));
}

}  // namespace
}  // namespace kirsch::test
