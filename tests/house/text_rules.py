# What stands in the files: opening comments, no sleeping tests, no loose ends, links that lead somewhere.
import os
import posixpath
import re

from tree import CXX, code, found, rule

# How a file of each kind opens. Markdown, JSON and data have no comment of this sort.
OPENINGS = {".h": r"//|/\*", ".c": r"//|/\*", ".cpp": r"//|/\*", ".py": r"#", ".cmake": r"#", ".yaml": r"#",
            ".txt": r"#", "": r"#"}


def needs_opening(path, text):
    name, ending = posixpath.basename(path), posixpath.splitext(path)[1]
    if path.startswith("tests/fuzz/corpus/") or ending not in OPENINGS:
        return False
    if name == "CMakeLists.txt":
        return len(text.splitlines()) > 10  # a few commands say themselves what they build
    if ending in (".txt", "") and not text.startswith("#!"):
        return False
    return ending != ".yaml" or path.startswith("config/")


@rule("a file opens with a comment that says what it is for",
      bad=[{"core/net/a.cpp": '#include "net/a.h"\n'}, {"core/net/a.h": "#pragma once\n"}, {"config/a.yaml": "version: 1\n"},
           {"tools/run": "#!/usr/bin/env bash\nset -e\n"}, {"core/net/a.cpp": ""},
           {"core/net/CMakeLists.txt": "add_library(a a.cpp)\n" * 11}],
      good=[{"core/net/a.cpp": "// Opens sockets.\n", "core/sdk/kirsch/abi.h": "/* The contract. */", "config/demo/a.txt": "x",
             "tools/run": "#!/usr/bin/env bash\n# Runs.\n", "core/net/CMakeLists.txt": "add_library(a a.cpp)\n"}])
def opening_comments(tree):
    for path, text in tree.files.items():
        if needs_opening(path, text):
            first = re.sub(r"\A#![^\n]*\n", "", text)
            if not re.match(rf"(?:{OPENINGS[posixpath.splitext(path)[1]]})[^\n]*\w", first):
                yield f"{path}: opens without a word"


@rule("no test sleeps: it waits for what it wants to see",
      bad=[{"tests/core/net/a_test.cpp": "std::this_thread::sleep_for(1s);"}, {"tests/system/a.cpp": "::usleep(5);"},
           {"tests/system/a.py": "time.sleep(1)"}, {"tests/system/run.sh": "#!/bin/sh\nsleep 1\n"}],
      good=[{"tests/core/net/a_test.cpp": "// sleep_for is not used\nasleep(1);",
             "tests/support/fixtures/slow.cpp": "#include <kirsch/module.h>\nsleep_for(1s);"}])
def no_sleeps(tree):
    for path, text in tree.below("tests/", endings=(*CXX, ".py", ".sh")):
        # A fixture is a module that some test loads: being slow is the part that it plays.
        if "/fixtures/" in path or path.startswith("tests/house/"):
            continue
        for line, match in found(r"\b(sleep_for|sleep_until|usleep|nanosleep|clock_nanosleep|sleep)\s*\(|^\s*sleep\s+[\d.]",
                                 code(text) if path.endswith(CXX) else text):
            yield f"{path}:{line}: {match[0].strip()}"


@rule("a note of work left to do carries the number of its issue",
      bad=[{"core/net/a.cpp": "// TO" "DO: later"}, {"tools/run": "# FIX" "ME"}],
      good=[{"core/net/a.cpp": "// TO" "DO(#12): when the kernel has it"}])
def todo_with_issue(tree):
    for path, text in tree.files.items():
        if not path.startswith("tests/fuzz/corpus/"):
            for line, match in found("\\b(TO" "DO|FIX" "ME|XX" "X)\\b(?!\\(#\\d+\\))", text):
                yield f"{path}:{line}: {match[1]} without (#number)"


def links(text):
    """Targets of Markdown links and images outside of code."""
    outside = re.sub(r"^(```|~~~).*?^\1|`[^`\n]*`", lambda match: "\n" * match[0].count("\n"), text,
                     flags=re.DOTALL | re.MULTILINE)
    for line, match in found(r"\]\(<?([^()\s>]+)>?(?:\s+\"[^\"]*\")?\)|^\[[^\]]+\]:\s*(\S+)", outside):
        yield line, match[1] or match[2]


@rule("a link in a Markdown file leads to a file that exists",
      bad=[{"README.md": "see [the design](core/DESIGN.md)"}, {"modules/a/README.md": "[b](../b/README.md)"},
           {"README.md": "[x]: gone.md"}, {"README.md": "![picture](/gone.png)"}],
      good=[{"README.md": "[a](modules/a/README.md#options) [b](https://example.org/x) [c](#here) [d](modules/a/) `[e](f)`\n"
                          "```\n[g](h)\n```\n", "modules/a/README.md": "[up](../../README.md)"}])
def markdown_links(tree):
    folders = {posixpath.dirname(path) for path in tree.files}
    folders |= {"/".join(folder.split("/")[:depth]) for folder in folders for depth in range(folder.count("/") + 1)}
    for path, text in tree.below("", endings=(".md",)):
        for line, target in links(text):
            target = target.split("#")[0]
            if not target or re.match(r"[a-z][a-z0-9+.-]*:", target):
                continue
            goal = target[1:] if target.startswith("/") else posixpath.join(posixpath.dirname(path), target)
            goal = posixpath.normpath(goal)
            if goal not in tree.files and goal not in folders and goal != ".":
                yield f"{path}:{line}: no {target}"


CHECKOUT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


@rule("no file names a path of one person's machine",
      bad=[{"tools/run": "cd /ho" "me/ada/kirsch/build"}, {"core/net/a.cpp": "// see /ro" "ot/notes"},
           {"config/a.yaml": "root: /Us" "ers/ada/site"}, {"README.md": CHECKOUT + "/tools"}],
      good=[{"config/a.yaml": "root: /srv/www", "tests/core/http/path_test.cpp": 'route("/home/ada"); "a/root/b"'}])
def machine_paths(tree):
    # The checkout's own place counts wherever it is, unless it is so short that it means other things too.
    own = re.escape(CHECKOUT) if CHECKOUT.count("/") > 1 else "(?!)"
    pattern = r"(?<![\w.:/-])(?:/home/[\w.-]+/[\w.-]+/|/ro" r"ot/\w|/Us" r"ers/\w|" + own + r"(?![\w-]))"
    for path, text in tree.files.items():
        for line, match in found(pattern, text):
            yield f"{path}:{line}: {match[0]}"
