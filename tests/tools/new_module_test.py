# tools/new-module on a copy of the project: what it makes builds, passes its tests and the house rules as it is, and
# what it refuses changes nothing.
# Usage: new_module_test.py SOURCE BUILD CXX CC: a build of kirsch, respond and signals, and the compilers it was made with
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE, BUILD, CXX, CC = (pathlib.Path(argument) for argument in sys.argv[1:5])
# A long name, too: its lines break elsewhere.
MADE = {"sample_tool": "--tool", "sample_handler_with_a_name_of_40_letters": "--handler", "sample_plugin": "--plugin"}


def files(root):
    return {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}


class NewModule(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.root = pathlib.Path(cls.folder.name).resolve() / "kirsch"
        cls.build = cls.root / "build" / "release"
        shutil.copytree(SOURCE, cls.root, ignore=shutil.ignore_patterns("build", ".git", ".cache"))
        cls.before = files(cls.root)
        cls.said = {name: cls.new_module(name, kind) for name, kind in MADE.items()}

    @classmethod
    def new_module(cls, *arguments):
        return subprocess.run([cls.root / "tools/new-module", *arguments], capture_output=True, text=True)

    def run_in_copy(self, *command, **options):
        environment = os.environ | {"CCACHE_BASEDIR": str(self.root), "CCACHE_NOHASHDIR": "1"}
        done = subprocess.run(command, cwd=self.root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, **options)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def home(self, name):
        return ("plugins/" if MADE[name] == "--plugin" else "modules/") + name

    def test_says_what_it_made_and_what_comes_next(self):
        for name, said in self.said.items():
            self.assertEqual(said.returncode, 0, said.stderr)
            home = self.home(name)
            for path in (f"{home}/{name}.cpp", f"{home}/CMakeLists.txt", f"{home}/README.md",
                         f"tests/{home}/{name}_test.cpp"):
                self.assertIn(f"  {path}\n", said.stdout)
                self.assertTrue((self.root / path).is_file(), path)
            self.assertRegex(said.stdout, r"Next: tools/test --preset release -- -R '\^Sample\w+\\\.'\n$")
        added = {str(path.parent) for path in files(self.root).keys() - self.before.keys() if path.parts[0] != "build"}
        self.assertEqual(added, {prefix + self.home(name) for name in MADE for prefix in ("", "tests/")})

    def test_keeps_the_house_rules(self):
        done = subprocess.run([sys.executable, "-B", self.root / "tests/house/house.py"], capture_output=True, text=True)
        for name in MADE:
            self.assertNotIn(name, done.stderr)  # what others break is shown by the rules' own tests
        if shutil.which("clang-format-14"):
            sources = [path for path in self.root.rglob("sample_*.cpp")]
            self.assertEqual(len(sources), 2 * len(MADE))
            self.run_in_copy("clang-format-14", "--dry-run", "-Werror", *sources)

    def test_makes_what_builds_and_passes_its_tests_and_starts_as_its_page_shows(self):
        self.run_in_copy("cmake", "-S", ".", "-B", self.build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
                         "-DKIRSCH_WERROR=ON", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", f"-DCMAKE_CXX_COMPILER={CXX}",
                         f"-DCMAKE_C_COMPILER={CC}")
        self.run_in_copy("ninja", "-C", self.build, "-j", str(min(2, os.cpu_count())),
                         *(f"module_{name}" for name in MADE))
        objects = self.compile_tests()
        # Everything else comes from the build that is there already.
        (self.build / "bin").mkdir(exist_ok=True)
        (self.build / "fixtures").mkdir(exist_ok=True)
        shutil.copy2(BUILD / "bin/kirsch", self.build / "bin")
        for module in ("respond", "signals"):
            shutil.copy2(BUILD / f"plugins/{module}.so", self.build / "plugins")
        program = self.build / "bin/tests_of_new_modules"
        self.run_in_copy(CXX, "-o", program, *objects, BUILD / "tests/support/libkirsch_test_support.a",
                         "-lgmock_main", "-lgmock", "-lgtest", "-lssl", "-lcrypto", "-pthread")
        passed = self.run_in_copy(program)
        for suite in ("SampleTool", "SampleHandlerWithANameOf40Letters", "SamplePlugin"):
            self.assertRegex(passed, rf"OK \] {suite}\.")
        for name in MADE:
            with self.subTest(name):
                self.start_as_the_page_shows(self.root / self.home(name) / "README.md")

    # By their commands, not as targets: those would wait for the whole server and every module to be built anew.
    def compile_tests(self):
        wanted = [self.root / f"tests/{self.home(name)}/{name}_test.cpp" for name in MADE]
        wanted += [self.root / "tests/modules/refusal.cpp", self.root / "tests/support/build.cpp"]
        entries = {pathlib.Path(entry["file"]): entry
                   for entry in json.loads((self.build / "compile_commands.json").read_text())}
        with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count())) as pool:
            for _ in pool.map(lambda path: self.run_in_copy("sh", "-c", f"cd {self.build} && {entries[path]['command']}"),
                              wanted):
                pass
        return [self.build / re.search(r" -o (\S+)", entries[path]["command"])[1] for path in wanted]

    def start_as_the_page_shows(self, page):
        blocks = re.findall(r"^```yaml\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
        self.assertEqual(len(blocks), 1)
        (self.build / "example.yaml").write_text(blocks[0])
        with tempfile.TemporaryDirectory() as state, tempfile.TemporaryFile("w+") as errors, subprocess.Popen(
                [self.build / "bin/kirsch", "run", "-c", "example.yaml"], cwd=self.build, stdout=subprocess.PIPE,
                stderr=errors, text=True, env=os.environ | {"STATE_DIRECTORY": state}) as server:
            ready = any(line == "ready\n" for line in server.stdout)
            server.terminate()
            errors.seek(0)
            self.assertTrue(ready, errors.read())

    def test_refuses_bad_and_taken_names_and_changes_nothing(self):
        before = {path: text for path, text in files(self.root).items() if path.parts[0] != "build"}
        for arguments, sentence in (
                (["Hello"], "write up to 40 lower-case letters"), (["my-tool"], "words joined by _"), ([""], "request_id"),
                (["9lives"], "cannot be the name"), (["a__b"], "cannot be the name"), (["../escape"], "cannot be the name"),
                (["n" * 41], "up to 40"), (["cookie_utils"], "says nothing with its word 'utils'"),
                (["use"], "a meaning of its own"), (["echo"], "'echo' is taken: modules/echo/echo.cpp provides it"),
                (["signals", "--tool"], "plugins/signals/signals.cpp provides it"),
                (["deliver_blob", "--handler"], "tests/support/fixtures/deliver.cpp provides it"),
                (["phase_one", "--plugin"], "tests/support/fixtures/phases.cpp provides it"),
                (["sample_tool", "--plugin"], "modules/sample_tool/sample_tool.cpp provides it")):
            said = self.new_module(*arguments)
            self.assertEqual(said.returncode, 1, arguments)
            self.assertIn(sentence, said.stderr)
            self.assertEqual(said.stdout, "")
        for arguments in ([], ["one", "two"], ["one", "--tool", "--handler"], ["one", "--service"]):
            self.assertEqual(self.new_module(*arguments).returncode, 2, arguments)
        self.assertEqual(before, {path: text for path, text in files(self.root).items() if path.parts[0] != "build"})

    def test_helps_with_an_example(self):
        said = self.new_module("--help")
        self.assertEqual(said.returncode, 0)
        self.assertIn("Example: tools/new-module request_id --tool", said.stdout)


unittest.main(argv=sys.argv[:1], verbosity=2)
