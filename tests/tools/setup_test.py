# tools/setup names what the tests use, each package once. It installs nothing here.
# Usage: setup_test.py SOURCE
import pathlib
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(sys.argv[1])


def packages(*options):
    said = subprocess.run([SOURCE / "tools/setup", *options, "--list"], capture_output=True, text=True, check=True)
    return [line.split()[0] for line in said.stdout.splitlines()]


class Setup(unittest.TestCase):
    def test_gives_the_tests_the_second_compiler_so_that_none_of_them_is_skipped(self):
        self.assertIn("clang-14", packages("--tests"))
        self.assertNotIn("clang-14", packages())

    def test_names_each_package_once(self):
        every = packages("--tests", "--clang", "--check", "--bench")
        self.assertEqual(len(every), len(set(every)))
        self.assertGreater(len(every), 15)

    def test_brings_servers_to_compare_with_only_where_they_are_asked_for(self):
        self.assertLessEqual({"nginx", "h2o", "haproxy", "valgrind"}, set(packages("--bench")))
        self.assertNotIn("h2o", packages("--tests"))


unittest.main(argv=sys.argv[:1], verbosity=2)
