// The shape of a diagnostic, to the column.
#include "base/diagnostic.h"

#include <gtest/gtest.h>

namespace kirsch::base {
namespace {

Diagnostic sample() {
  Diagnostic diagnostic;
  diagnostic.code = "C012";
  diagnostic.message = "unknown tool 'secure_headers'";
  diagnostic.position = Position{"/etc/kirsch/kirsch.yaml", 34, 7, 14};
  diagnostic.source_line = "      secure_headers: { hsts: 365d }";
  diagnostic.note = "did you mean 'secureheaders'?";
  diagnostic.help = "write secureheaders";
  return diagnostic;
}

TEST(DiagnosticText, ShowsThePlaceTheLineAndTheCaret) {
  EXPECT_EQ(text(sample()),
            "error[C012]: unknown tool 'secure_headers'\n"
            "  --> /etc/kirsch/kirsch.yaml:34:7\n"
            "34 |       secure_headers: { hsts: 365d }\n"
            "   |       ^^^^^^^^^^^^^^ did you mean 'secureheaders'?\n"
            "help: write secureheaders");
}

TEST(DiagnosticText, ShowsTheNoteWithoutALine) {
  Diagnostic diagnostic = sample();
  diagnostic.source_line.clear();
  diagnostic.position->line = 0;
  diagnostic.severity = Severity::warning;
  EXPECT_EQ(text(diagnostic),
            "warning[C012]: unknown tool 'secure_headers'\n"
            "  --> /etc/kirsch/kirsch.yaml\n"
            "note: did you mean 'secureheaders'?\n"
            "help: write secureheaders");
}

TEST(DiagnosticText, EndsWithWhatAnotherProcessHasRenderedAsItIs) {
  Diagnostic diagnostic;
  diagnostic.message = "the new process cannot serve";
  diagnostic.reported = text(sample());
  EXPECT_EQ(text(diagnostic), "error: the new process cannot serve\n" + text(sample()));
  EXPECT_EQ(first_line(diagnostic.reported),
            "error[C012]: unknown tool 'secure_headers' (/etc/kirsch/kirsch.yaml:34:7)");
  EXPECT_EQ(first_line("error: one\nerror: two\n  --> b.yaml:1:1\n"), "error: one");
}

TEST(DiagnosticText, EscapesWhatTheInputSays) {
  Diagnostic diagnostic = sample();
  diagnostic.message = "bad \x1b[31m";
  diagnostic.source_line = "\tkey: \x1b]0;x\x07";
  diagnostic.position->column = 2;
  diagnostic.position->length = 3;
  const std::string shown = text(diagnostic);
  EXPECT_EQ(shown.find('\x1b'), std::string::npos);
  EXPECT_NE(shown.find("34 | \\tkey: \\x1B]0;x\\x07\n   |   ^^^ did"), std::string::npos) << shown;
}

TEST(DiagnosticText, AlignsTheCaretBehindWideBytes) {
  Diagnostic diagnostic = sample();
  diagnostic.source_line = "\"üü\": x";
  diagnostic.position->column = 9;
  diagnostic.position->length = 1;
  diagnostic.note.clear();
  EXPECT_NE(text(diagnostic).find("34 | \"üü\": x\n   |       ^\n"), std::string::npos) << text(diagnostic);
}

TEST(DiagnosticText, CutsALongLineAroundTheCaret) {
  Diagnostic diagnostic = sample();
  diagnostic.source_line = std::string(100'000, 'a');
  diagnostic.position->column = 50'000;
  EXPECT_LT(text(diagnostic).size(), 600U);
  EXPECT_NE(text(diagnostic).find("…"), std::string::npos);
}

TEST(DiagnosticText, SurvivesAColumnBehindTheLine) {
  Diagnostic diagnostic = sample();
  diagnostic.position->column = 4'000'000'000U;
  EXPECT_NE(text(diagnostic).find("^"), std::string::npos);
}

TEST(DiagnosticText, ColoursOnlyWhenAsked) {
  EXPECT_EQ(text(sample()).find('\x1b'), std::string::npos);
  EXPECT_NE(text(sample(), true).find("\x1b[1;31merror[C012]\x1b[0m"), std::string::npos);
}

TEST(Refusal, SpeaksWithItsFirstDiagnostic) {
  Diagnostic second = sample();
  second.message = "second";
  Diagnostic first = sample();
  first.exit_code = ExitCode::module_refused;
  const Refusal refusal(std::vector<Diagnostic>{first, second});
  EXPECT_STREQ(refusal.what(), "unknown tool 'secure_headers'");
  EXPECT_EQ(refusal.exit_code(), ExitCode::module_refused);
  EXPECT_EQ(refusal.diagnostics().size(), 2U);
}

}  // namespace
}  // namespace kirsch::base
