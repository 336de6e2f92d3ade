# The Debian packages on a machine of their own: the root file system under an overlay, with its own processes and network.
# Usage: package_test.py BUILD; it needs root.
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.request

SKIPPED = 77
INSIDE = "--inside"
# The module and its test as the page shows them to authors.
MODULE, TEST = re.findall(r"```cpp\n(.*?)```", (pathlib.Path(__file__).parents[2] / "README.md").read_text(), re.DOTALL)
PROJECT = """\
cmake_minimum_required(VERSION 3.25)
project(hello CXX)
enable_testing()
find_package(Kirsch 1.0 REQUIRED)
kirsch_add_module(hello TESTS hello_test.cpp)
"""


def run(*words, **more):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def version(build):
    cache = (build / "CPackConfig.cmake").read_text()
    return re.search(r'CPACK_PACKAGE_VERSION "(.*)"', cache)[1]


def pack(build, folder, release):
    run("cpack", "--config", build / "CPackConfig.cmake", "-B", folder, "-D", f"CPACK_PACKAGE_DIRECTORY={folder}",
        "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=none", "-D", f"CPACK_DEBIAN_PACKAGE_RELEASE={release}",
        "-D", f"CPACK_DEBIAN_SERVER_PACKAGE_DEPENDS=kirsch-modules (= {version(build)}-{release})", cwd=build)
    shutil.rmtree(folder / "_CPack_Packages")


def enter_machine(folder):
    """In namespaces of its own already: what this process sees from here on is a copy of the machine."""
    run("mount", "-t", "tmpfs", "none", folder / "disk")
    for name in ("upper", "work", "root"):
        (folder / "disk" / name).mkdir()
    root = folder / "disk/root"
    layers = f"lowerdir=/,upperdir={folder}/disk/upper,workdir={folder}/disk/work"
    if subprocess.run(["mount", "-t", "overlay", "none", "-o", layers, root]).returncode != 0:
        sys.exit(SKIPPED)  # a root file system that cannot lie below another one
    run("mount", "-t", "proc", "none", root / "proc")
    run("mount", "--rbind", "/dev", root / "dev")
    (root / "packages").mkdir()
    run("mount", "--bind", folder / "packages", root / "packages")
    run("ip", "link", "set", "lo", "up")
    os.chroot(root)
    os.chdir("/")


def install(release):
    return run("dpkg", "--install", *sorted(pathlib.Path("/packages", release).glob("*.deb")))


class Manager:
    """What the packages ask of systemd, which does not run here; the words of deb-systemd-invoke."""

    STUB = pathlib.Path("/usr/local/sbin/deb-systemd-invoke")  # first in the path of dpkg
    SAID = pathlib.Path("/srv/asked")
    RUNS = pathlib.Path("/run/systemd/system")

    def __enter__(self):
        self.STUB.write_text(f'#!/bin/sh\necho "$*" >>{self.SAID}\n')
        self.STUB.chmod(0o755)
        self.SAID.touch()
        self.RUNS.mkdir(parents=True)
        return self

    def asked(self):
        said = self.SAID.read_text().splitlines()
        self.SAID.write_text("")
        return said

    def __exit__(self, *_):
        self.RUNS.rmdir()
        self.STUB.unlink()


class Serving:
    """The command of the unit, as its user, with the directories that systemd makes for it."""

    def __enter__(self):
        for folder in ("/var/lib/kirsch", "/var/log/kirsch", "/run/kirsch"):
            run("install", "-d", "-o", "kirsch", "-g", "kirsch", "-m", "0750", folder)
        unit = pathlib.Path("/usr/lib/systemd/system/kirsch.service").read_text()
        command = next(line for line in unit.splitlines() if line.startswith("ExecStart=")).partition("=")[2].split()
        self.process = subprocess.Popen(["setpriv", "--reuid=kirsch", "--regid=kirsch", "--init-groups", "--no-new-privs",
                                         *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = []
        for line in self.process.stdout:
            if line == "ready\n":
                return self
            said.append(line)
        raise AssertionError("".join(said))

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:8080{path}", timeout=20) as answer:
            return answer.status, answer.headers, answer.read().decode()

    def __exit__(self, *_):
        self.process.terminate()
        said, _ = self.process.communicate()
        if self.process.returncode != 0:
            raise AssertionError(f"the server ended with {self.process.returncode}: {said}")


class Package(unittest.TestCase):
    def test_installs_serves_upgrades_and_leaves_nothing(self):
        configuration = pathlib.Path("/etc/kirsch/kirsch.yaml")
        install("1")
        with Serving() as server:
            status, headers, body = server.get("/")
            self.assertEqual(status, 200)
            self.assertIn("Kirsch", body)
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
            for link in re.findall(r'<(?:a|link)\b[^>]* href="(/[^"]*)"', body):
                if link != "/nothing-here":  # shows an error page
                    self.assertEqual(server.get(link)[0], 200, link)
            self.assertTrue(run("stat", "-c", "%U", f"/proc/{server.process.pid}").startswith("kirsch"))

        author = pathlib.Path("/srv/hello")
        author.mkdir(parents=True)
        (author / "hello.cpp").write_text(MODULE)
        (author / "hello_test.cpp").write_text(TEST)
        (author / "CMakeLists.txt").write_text(PROJECT)
        run("cmake", "-G", "Ninja", "-B", "build", cwd=author)
        run("ninja", "-C", "build", cwd=author)
        self.assertIn("100% tests passed, 0 tests failed out of 1", run("ctest", "--test-dir", "build", cwd=author))
        run("install", "-m", "0644", author / "build/plugins/hello.so", "/usr/lib/kirsch/plugins")
        configuration.write_text(configuration.read_text() + "  /greeting: { handler: { hello: {} } }\n")

        said = install("2")
        self.assertTrue(run("dpkg-query", "--show", "kirsch").endswith("-2\n"), said)
        with Serving() as server:
            self.assertEqual(server.get("/greeting")[2], "Hello, world!\n", "the operator's file is kept")

        key = configuration.with_name("key.pem")
        key.touch()
        run("dpkg", "--remove", "kirsch")
        self.assertTrue(configuration.exists())
        self.assertFalse(pathlib.Path("/usr/bin/kirsch").exists())
        run("dpkg", "--purge", "kirsch", "kirsch-modules", "kirsch-dev")
        self.assertEqual(list(configuration.parent.iterdir()), [key])
        for path in ("/var/lib/kirsch", "/var/log/kirsch", "/usr/include/kirsch", "/etc/logrotate.d/kirsch"):
            self.assertFalse(pathlib.Path(path).exists(), path)

    def test_starts_the_service_also_where_it_was_removed_before(self):
        with Manager() as manager:
            install("1")
            self.assertEqual(manager.asked(), ["start kirsch.service"])
            install("2")
            self.assertEqual(manager.asked(), ["restart kirsch.service"])
            run("dpkg", "--remove", "kirsch")
            self.assertEqual(manager.asked(), ["stop kirsch.service"])
            install("2")
            self.assertEqual(manager.asked(), ["restart kirsch.service"], "it starts what does not run")
            run("dpkg", "--purge", "kirsch", "kirsch-modules", "kirsch-dev")

    def test_gives_an_author_what_the_verbs_need(self):
        install("1")
        run("/packages/author-time", "--prefix", "/usr", "--runs", "1")

    def test_tells_pkg_config_how_a_module_is_built(self):
        install("1")
        flags = [run("pkg-config", what, "kirsch").split() for what in
                 ("--variable=module_cflags", "--cflags", "--variable=module_ldflags")]
        folder = pathlib.Path("/srv/by_hand")
        folder.mkdir(parents=True)
        (folder / "hello.cpp").write_text(MODULE)
        run("g++", *flags[0], *flags[1], "hello.cpp", *flags[2], "-o", "hello.so", cwd=folder)
        self.assertIn("hello", run("kirsch", "module", "info", "hello", "--path", folder))
        (folder / "hello_test.cpp").write_text(TEST)
        testing = run("pkg-config", "--cflags", "--libs", "kirsch-testing").split()
        run("g++", "-std=c++20", f'-DKIRSCH_TEST_PLUGINS="{folder}"', "hello_test.cpp", *testing, "-lgtest", "-lgtest_main",
            "-o", "hello_test", cwd=folder)
        run(folder / "hello_test")


def main(build):
    if os.geteuid() != 0:
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "disk").mkdir()
        for release in ("1", "2"):
            (folder / "packages" / release).mkdir(parents=True)
            pack(build, folder / "packages" / release, release)
        shutil.copy2(pathlib.Path(__file__).parents[2] / "tools/author-time", folder / "packages")
        return subprocess.run(["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--propagation", "private",
                               sys.executable, "-B", __file__, INSIDE, folder]).returncode


if __name__ == "__main__":
    if sys.argv[1] == INSIDE:
        enter_machine(pathlib.Path(sys.argv.pop(2)))
        sys.argv.pop(1)
        unittest.main()
    sys.exit(main(pathlib.Path(sys.argv[1])))
