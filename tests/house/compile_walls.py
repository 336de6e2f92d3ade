# Asks the compiler itself: with the include path of each component, the headers of the others must be visible exactly where
# its CMakeLists.txt allows it. Usage: compile_walls.py COMPILER FOLDER-OF-INCLUDE-PATHS (written by CMakeLists.txt)
import os
import subprocess
import sys

from tree import Tree
from walls import LAYERS, dependencies, reachable

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


def compiler_run(compiler, folders, arguments, source):
    command = [compiler, "-std=c++20", "-x", "c++", *arguments, *(f"-I{folder}" for folder in folders), "-"]
    return subprocess.run(command, input=source, text=True, capture_output=True, check=False)


def visible(compiler, folders, headers):
    """Which of {component: header} the compiler finds."""
    source = "".join(f'#if __has_include("{header}")\nvisible {name}\n#endif\n' for name, header in headers.items())
    result = compiler_run(compiler, folders, ["-E", "-P"], source)
    if result.returncode != 0:
        raise SystemExit(f"{compiler} does not run: {result.stderr}")
    return {line.split()[1] for line in result.stdout.splitlines() if line.startswith("visible ")}


def violations(seen, allowed, headers):
    for name in sorted(seen - allowed):
        yield f"sees {headers[name]}"
    for name in sorted(allowed & set(headers) - seen):
        yield f"does not see {headers[name]}, though it may"


def main(compiler, paths):
    tree = Tree.on_disk(os.path.join(ROOT, "core"))
    graph = dependencies(Tree({f"core/{path}": text for path, text in tree.files.items()}))
    headers = {"sdk": "kirsch/abi.h"}
    for name in LAYERS:
        own = [path for path, _ in tree.below(f"{name}/", endings=(".h",)) if path.count("/") == 1]
        if own and name != "sdk":
            headers[name] = own[0]
    folders = {}
    for file in sorted(os.listdir(paths)):
        with open(os.path.join(paths, file), encoding="utf-8") as lines:
            folders[file] = [line for line in lines.read().splitlines() if line]

    failed = []
    for name, path in folders.items():
        allowed = {"sdk"} if name == "module" else reachable(name, graph)
        failed += [f"{name} {violation}" for violation in violations(visible(compiler, path, headers), allowed, headers)]

    # The rule can fail: a wall with a hole in it is noticed, and a forbidden include is an error of the compiler.
    with_hole = visible(compiler, folders["config"] + folders["net"], headers)
    if not list(violations(with_hole, reachable("config", graph), headers)):
        failed.append("a hole from config to net goes unnoticed")
    for include, expected in ((headers["base"], True), (headers["net"], False)):
        result = compiler_run(compiler, folders["config"], ["-fsyntax-only"], f'#include "{include}"\n')
        if (result.returncode == 0) != expected:
            failed.append(f"config {'must' if expected else 'must not'} compile with {include}\n{result.stderr}")
    for line in failed:
        print(line, file=sys.stderr)
    return 1 if failed else 0


sys.exit(main(*sys.argv[1:]))
