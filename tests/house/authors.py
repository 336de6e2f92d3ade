# The index for authors says what the headers say: one line for each, and the hook points in their order.
import re

from tree import rule

INDEX = "core/sdk/README.md"
# Folders of headers that are installed as kirsch/NAME.h, as the index links them.
FOLDERS = {"core/sdk/kirsch/": "kirsch/", "core/testing/include/kirsch/": "../testing/include/kirsch/"}
EXCHANGE = "core/sdk/kirsch/exchange.h"


def first_sentence(text):
    """Of the comment that a header opens with, in one line."""
    opening = re.match(r"(?://[^\n]*\n)+|/\*.*?\*/", text, re.DOTALL)
    lines = [re.sub(r"^\s*(?://|/\*+|\*(?!/))?\s?", "", line).removesuffix("*/").strip()
             for line in (opening[0] if opening else "").strip().split("\n")]
    paragraph = " ".join(lines[:lines.index("")] if "" in lines else lines)
    return re.split(r"(?<=\.)(?: |$)", paragraph)[0].rstrip(":.")


@rule("the index for authors has a line for every header of the SDK, and it is the header's own first sentence",
      bad=[{"core/sdk/kirsch/a.h": "// Files.\n", INDEX: ""}, {"core/sdk/kirsch/a.h": "// Files.\n", INDEX: "- [`a.h`](kirsch/a.h) Other\n"},
           {"core/sdk/kirsch/a.h": "// Files.\n", INDEX: "- [`a.h`](kirsch/a.h) Files\n- [`b.h`](kirsch/b.h) Gone\n"},
           {"core/testing/include/kirsch/a.h": "// Tests.\n", INDEX: ""}],
      good=[{"core/sdk/kirsch/a.h": "// Files of\n// a folder. And more.\nint i;\n", INDEX: "- [`a.h`](kirsch/a.h) Files of a folder\n"},
            {"core/sdk/kirsch/a.h": "/* The contract:\n *\n * more */", INDEX: "- [`a.h`](kirsch/a.h) The contract\n"}])
def header_index(tree):
    headers = {link + path.removeprefix(folder): text for folder, link in FOLDERS.items()
               for path, text in tree.below(folder, endings=(".h",))}
    if not headers:
        return
    said = dict(re.findall(r"^- \[`[^`]+`\]\(([^)]+\.h)\) (.+)$", tree.files.get(INDEX, ""), re.MULTILINE))
    for name, text in headers.items():
        wanted = first_sentence(text)
        if said.pop(name, None) != wanted:
            yield f"{INDEX}: wants the line: - [`{name.rpartition('/')[2]}`]({name}) {wanted}"
    for name in said:
        yield f"{INDEX}: there is no {name}"


ENUMERATION = "enum class Hook : int {\n  on_start = 1,\n  before_end = 2,\n};\n"


@rule("the index for authors draws every hook point, and those of a course without errors in their order",
      bad=[{EXCHANGE: ENUMERATION, INDEX: "```\non_start\n```\n"}, {EXCHANGE: ENUMERATION, INDEX: "```\nbefore_end → on_start\n```\n"},
           {EXCHANGE: ENUMERATION, INDEX: "```\non_start → before_end → on_gone\n```\n"}],
      good=[{EXCHANGE: ENUMERATION, INDEX: "```\non_start → before_end\n```\n"}])
def hook_diagram(tree):
    if EXCHANGE not in tree.files:
        return
    body = re.search(r"enum class Hook .*?\{(.*?)\}", tree.files[EXCHANGE], re.DOTALL)[1]
    hooks = re.findall(r"^\s*(\w+) =", body, re.MULTILINE)
    diagram = re.search(r"^```\n(.*?)^```", tree.files.get(INDEX, ""), re.DOTALL | re.MULTILINE)
    drawn = list(dict.fromkeys(re.findall(r"\b(?:on|before|after)_\w+", diagram[1] if diagram else "")))
    for name in sorted(set(hooks) ^ set(drawn)):
        yield f"{INDEX}: {name} is {'drawn, but no hook point' if name in drawn else 'not drawn'}"
    regular = [name for name in hooks if "error" not in name]
    if [name for name in drawn if name in regular] != regular:
        yield f"{INDEX}: the order is {' → '.join(regular)}"
