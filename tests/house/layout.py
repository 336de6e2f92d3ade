# What lies where, how it is named, and how large it may grow.
import re

from tree import CXX, NOT_CODE, rule

TOP = {"CMakeLists.txt", "CMakePresets.json", "README.md", "CHANGELOG.md", ".clang-format", ".gitignore", ".gitattributes",
       ".ci", "core", "plugins", "modules", "config", "tests", "tools"}


@rule("the top level holds what the design names, nothing else",
      bad=[{"notes.txt": ""}, {"scripts/build.sh": ""}],
      good=[{"README.md": "", "core/base/a.h": "", ".ci/run": ""}])
def top_level(tree):
    for name in sorted({path.split("/")[0] for path in tree.files} - TOP):
        yield f"{name}: does not belong there"


SECTIONS = ["Name", "Description", "Options", "Example", "Notes"]
README = "\n".join(f"## {section}" for section in SECTIONS)
MODULE = {"modules/a/a.cpp": "", "modules/a/CMakeLists.txt": "", "modules/a/README.md": README,
          "tests/modules/a/a_test.cpp": ""}


def without(sample, path):
    return {key: value for key, value in sample.items() if key != path}


@rule("each module's folder looks like every other's: NAME.cpp, CMakeLists.txt, README.md with five sections, tests that mirror it",
      bad=[without(MODULE, "modules/a/a.cpp"), without(MODULE, "modules/a/CMakeLists.txt"),
           without(MODULE, "modules/a/README.md"), without(MODULE, "tests/modules/a/a_test.cpp"),
           MODULE | {"modules/a/README.md": README.replace("## Notes", "")},
           MODULE | {"modules/a/README.md": "## Notes\n" + README.replace("## Notes", "")}],
      good=[MODULE, {"modules/packages/b/b.cpp": ""}, {"plugins/b/b.cpp": "", "plugins/b/CMakeLists.txt": "", "plugins/b/README.md": README,
                     "tests/plugins/b/b_test.cpp": ""}])
def module_folders(tree):
    for kind in ("plugins", "modules"):
        for name in tree.children(kind):
            folder = f"{kind}/{name}"
            if folder == "modules/packages":
                continue  # code that several modules link
            for file in (f"{name}.cpp", "CMakeLists.txt", "README.md"):
                if f"{folder}/{file}" not in tree.files:
                    yield f"{folder}/{file}: missing"
            if f"{folder}/README.md" in tree.files:
                headings = re.findall(r"^#+ +(.+?) *$", tree.files[f"{folder}/README.md"], re.MULTILINE)
                sections = [heading for heading in headings if heading in SECTIONS]
                if sections != SECTIONS:
                    yield f"{folder}/README.md: its sections are {sections}, not {SECTIONS}"
            if not any(path.endswith("_test.cpp") for path, _ in tree.below(f"tests/{kind}/{name}/")):
                yield f"tests/{kind}/{name}: has no *_test.cpp"


@rule("files and folders of C++ are snake_case, in full words, and none is a drawer for everything",
      bad=[{"core/net/TaskQueue.h": ""}, {"core/base/string_utils.h": ""}, {"modules/my-tool/a.cpp": ""},
           {"core/common/a.h": ""}, {"core/net/buffer_manager.cpp": ""}],
      good=[{"core/net/task_queue.h": "", "tests/core/http/http1_test.cpp": ""}])
def file_names(tree):
    for path, _ in tree.below("core/", "plugins/", "modules/", "tests/", endings=CXX):
        for part in path.rsplit(".", 1)[0].split("/"):
            if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", part):
                yield f"{path}: {part} is not snake_case"
            elif set(part.split("_")) & {"util", "utils", "common", "helper", "helpers", "manager", "misc"}:
                yield f"{path}: {part} says nothing"


def line_count(text):
    return text.count("\n")


@rule("main.cpp has at most 40 lines, a file of the core at most 400",
      bad=[{"core/command/main.cpp": "\n" * 41}, {"core/net/loop.cpp": "\n" * 401}],
      good=[{"core/command/main.cpp": "\n" * 40, "core/net/loop.cpp": "\n" * 400}])
def sizes(tree):
    for path, text in tree.below("core/", endings=CXX):
        limit = 40 if path.endswith("/main.cpp") else 400
        # The binary contract is one page on purpose: its order is what authors of other languages read.
        if path != "core/sdk/kirsch/abi.h" and line_count(text) > limit:
            yield f"{path}: {line_count(text)} lines, the limit is {limit}"


def code_lines(text):
    """Lines of C++ that are more than blank or comment."""
    without_comments = NOT_CODE.sub(lambda match: "" if match[0].startswith("//") else
                                    "\n" * match[0].count("\n") if match[0].startswith("/*") else match[0], text)
    return sum(1 for line in without_comments.split("\n") if line.strip())


# An author reads them only who uses that service or implements it, or checks addresses.
SERVICE_HEADERS = {f"core/sdk/kirsch/{name}.h" for name in
                   ("origin", "rooms", "session", "session_storage", "session_value", "simple_session_engine", "simple_session_queues", "simple_session_storage",
                    "websocket", "websocket_application")}


@rule("the C++ SDK has at most 16 headers and 1,890 lines of code, each header of a service 300 besides; comments, which state "
      "contracts, do not compete with it",
      bad=[{f"core/sdk/kirsch/{number}.h": "" for number in range(17)},
           {"core/sdk/kirsch/a.h": 'int i;  // why\n' * 1891}, {"core/sdk/kirsch/a.h": '"// text"\n' * 1891},
           {"core/sdk/kirsch/a.h": "/* a\n * b */ int i;\n" * 1891}, {"core/sdk/kirsch/session.h": "int i;\n" * 301}],
      good=[{"core/sdk/kirsch/abi.h": "int i;\n" * 1900, "core/sdk/kirsch/a.h": "int i;\n" * 1890,
             "core/sdk/kirsch/session.h": "int i;\n" * 300},
            {"core/sdk/kirsch/a.h": "\n// why\n  /* a\n\n   * b\n */\n" * 900 + "int i;\n" * 1890}])
def sdk_size(tree):
    headers = {path: code_lines(text) for path, text in tree.below("core/sdk/kirsch/", endings=(".h",))
               if path != "core/sdk/kirsch/abi.h"}
    for path in SERVICE_HEADERS & headers.keys():
        if headers[path] > 300:
            yield f"{path}: {headers[path]} lines of code"
        del headers[path]
    if len(headers) > 16:
        yield f"core/sdk/kirsch: {len(headers)} headers"
    if sum(headers.values()) > 1890:
        yield f"core/sdk/kirsch: {sum(headers.values())} lines of code"
