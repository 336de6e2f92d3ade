# tools/cmake/run_tests.py on tests that fail always, once and never.
# Usage: run_tests_test.py SOURCE
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(sys.argv[1])


class RunTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_tests(self, **commands):
        (self.folder / "CTestTestfile.cmake").write_text(
            "".join(f"add_test({name} sh -c [[{command}]])\n" for name, command in commands.items()))
        done = subprocess.run([SOURCE / "tools/cmake/run_tests.py", self.folder, "-j2"], capture_output=True)
        failures = self.folder / "Testing/failures.txt"
        return done.returncode, failures.read_text() if failures.exists() else None

    def test_says_nothing_of_tests_that_pass(self):
        self.assertEqual(self.run_tests(good="true"), (0, None))

    def test_tells_a_fault_from_a_race_and_excuses_neither(self):
        code, said = self.run_tests(good="true", bad="echo before; echo 'a.cpp:7: Failure'; echo why; exit 1",
                                    racy="mkdir met && echo lost && exit 1; true")
        self.assertNotEqual(code, 0)
        self.assertEqual(said, "--- bad said:\n  a.cpp:7: Failure\n  why\n--- racy said:\n  lost\n"
                               "failed, and failed when run again: bad\nfailed, then passed when run again: racy\n")

    def test_is_short_however_much_failed(self):
        code, said = self.run_tests(**{f"bad{number}": "seq 1000; exit 1" for number in range(11)})
        self.assertNotEqual(code, 0)
        self.assertLess(said.count("\n"), 40)
        self.assertIn("failed: 11 tests", said)


unittest.main(argv=sys.argv[:1], verbosity=2)
