// The note reader on real modules, on broken ones and on forged ones.
#include "loader/note.h"

#include <elf.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <span>
#include <string>

#include "base/unique_fd.h"
#include "plugins_directory.h"
#include "support/forgery.h"

namespace kirsch::loader {
namespace {

using test::Forgery;
using ::testing::AnyOf;
using ::testing::HasSubstr;

NoteReading read(const std::string& bytes) { return read_note(std::as_bytes(std::span(bytes.data(), bytes.size()))); }

NoteReading read(const std::filesystem::path& path) {
  const base::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return read_note(file.get());
}

TEST(Note, is_read_from_a_module_and_from_its_bytes_alike) {
  const NoteReading from_file = read(fixture("good"));
  const NoteReading from_bytes = read(contents_of(fixture("good")));
  ASSERT_TRUE(from_file.note) << from_file.fault;
  ASSERT_TRUE(from_bytes.note) << from_bytes.fault;
  EXPECT_THAT(from_file.note->manifest, HasSubstr(R"("name":"good","version":"1.2.3")"));
  EXPECT_EQ(from_file.note->manifest, from_bytes.note->manifest);
  EXPECT_EQ(from_file.note->build_id, from_bytes.note->build_id);
  EXPECT_EQ(from_file.note->build_id.size(), 40u);
}

TEST(Note, survives_stripping) {
  const NoteReading stripped = read(fixture("stripped"));
  ASSERT_TRUE(stripped.note) << stripped.fault;
  EXPECT_EQ(stripped.note->manifest, read(fixture("good")).note->manifest);
}

TEST(Note, is_missing_in_a_shared_object_that_is_no_module) {
  EXPECT_THAT(read(fixture("plain")).fault, HasSubstr("not a Kirsch module"));
}

TEST(Note, is_not_looked_for_in_text_and_not_in_nothing) {
  EXPECT_EQ(read(std::string("version: 1\nplugins: {}\n")).fault, "is not an ELF file");
  EXPECT_EQ(read(std::string()).fault, "is not an ELF file");
  EXPECT_EQ(read(std::string("\x7f"
                             "ELF"))
                .fault,
            "is cut short: its ELF headers lie beyond its end");
}

TEST(Note, is_a_fault_wherever_the_file_is_cut_though_the_note_is_still_there) {
  for (const char* name : {"good", "stripped"}) {
    const std::string whole = contents_of(fixture(name));
    const PluginsDirectory directory;
    for (std::size_t missing = 1; missing <= whole.size(); missing += 1 + whole.size() / 300) {
      const std::string part = whole.substr(0, whole.size() - missing);
      write_file(directory.path() / "part.so", part);
      EXPECT_THAT(read(part).fault, AnyOf(HasSubstr("cut short"), HasSubstr("not an ELF file"))) << part.size();
      EXPECT_EQ(read(directory.path() / "part.so").fault, read(part).fault) << part.size();
    }
  }
}

TEST(Note, is_refused_with_forged_sizes) {
  const Forgery forgery(contents_of(fixture("good")));
  for (const std::uint32_t size : {0xffffffffu, 0xfffffffdu, 0x80000000u, 0x00ffffffu}) {
    EXPECT_EQ(read(forgery.note([&](auto& note) { note.n_descsz = size; })).fault,
              "has a note that is larger than its segment");
    EXPECT_EQ(read(forgery.note([&](auto& note) { note.n_namesz = size; })).fault,
              "has a note that is larger than its segment");
  }
  EXPECT_EQ(read(forgery.note([](auto& note) { note.n_descsz = 0; })).fault, "carries an empty manifest");
  EXPECT_THAT(read(forgery.note([](auto& note) { note.n_namesz = 0; })).fault, HasSubstr("carries no manifest"));
  EXPECT_THAT(read(forgery.note([](auto& note) { note.n_type = 2; })).fault, HasSubstr("carries no manifest"));
}

TEST(Note, is_refused_beyond_the_limit) {
  const Forgery forgery(contents_of(fixture("good")));
  // In a segment that is large enough for it.
  const Forgery grown(forgery.segment([](auto& segment) { segment.p_filesz = 1u << 24; }));
  const auto forged = grown.note([](auto& note) { note.n_descsz = KIRSCH_MANIFEST_LIMIT + 1; });
  EXPECT_EQ(read(forged).fault, "carries a manifest of 262145 bytes; the limit is 262144");
}

TEST(Note, is_refused_with_forged_segments) {
  const Forgery forgery(contents_of(fixture("good")));
  EXPECT_THAT(read(forgery.segment([](auto& segment) { segment.p_offset = UINT64_MAX - 8; })).fault,
              HasSubstr("impossible size"));
  EXPECT_THAT(read(forgery.segment([](auto& segment) { segment.p_offset = UINT64_MAX / 2; })).fault,
              HasSubstr("cut short"));
  EXPECT_THAT(read(forgery.segment([](auto& segment) { segment.p_filesz = 4; })).fault,
              HasSubstr("carries no manifest"));
}

TEST(Note, is_refused_with_forged_headers) {
  const Forgery forgery(contents_of(fixture("good")));
  const auto fault = [&](auto change) { return read(forgery.header(change)).fault; };
  EXPECT_EQ(fault([](auto& header) { header.e_ident[EI_CLASS] = ELFCLASS32; }), "is not a 64-bit ELF file");
  EXPECT_EQ(fault([](auto& header) { header.e_ident[EI_DATA] ^= 3; }), "is built for the other byte order");
  EXPECT_EQ(fault([](auto& header) { header.e_ident[EI_VERSION] = 9; }), "has an unknown ELF version");
  EXPECT_THAT(fault([](auto& header) { header.e_machine = EM_SPARC; }), HasSubstr("another processor"));
  EXPECT_EQ(fault([](auto& header) { header.e_type = ET_EXEC; }), "is not a shared object (ELF type 2)");
  EXPECT_EQ(fault([](auto& header) { header.e_phnum = 0; }), "has no program headers");
  EXPECT_EQ(fault([](auto& header) { header.e_phnum = 0xffff; }), "has too many program headers");
  EXPECT_EQ(fault([](auto& header) { header.e_phentsize = 1; }), "has program headers of a wrong size");
  for (const std::uint64_t offset : {UINT64_MAX, UINT64_MAX - 60, UINT64_MAX / 2, std::uint64_t{1} << 40})
    EXPECT_THAT(fault([&](auto& header) { header.e_phoff = offset; }), HasSubstr("beyond its end"));
}

TEST(Note, is_refused_when_there_are_two_manifests) {
  EXPECT_EQ(read(fixture("two_notes")).fault, "carries two manifests");
  // The first segment header becomes a second one for the same note.
  const Forgery forgery(contents_of(fixture("good")));
  std::string forged = forgery.header([](auto&) {});
  Elf64_Phdr note{};
  forgery.segment([&](auto& segment) { note = segment; });
  std::memcpy(forged.data() + sizeof(Elf64_Ehdr), &note, sizeof(note));
  EXPECT_EQ(read(forged).fault, "carries two manifests");
}

}  // namespace
}  // namespace kirsch::loader
