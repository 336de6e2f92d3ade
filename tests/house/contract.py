# The binary contract that modules are built against, and the number that says which one it is.
import hashlib
import re

from tree import NOT_CODE, rule

PAGES = [f"core/sdk/kirsch/{name}.h" for name in ("abi", "rooms", "session_storage", "websocket_application")]

# The number of abi.h, and what `fingerprint` made of the contract when it was given.
RECORDED = ("1.0", "38f7f94810629f6d9f05fd056237e08e")

# The SDK as it was declared, and the same of it as text.
FROZEN = ("tests/support/sdk-1.0.tar.gz", "b6caedb965c5490d996a4ed609f98af1")


def contract(text):
    """Declarations that both sides must agree on: no comments, no layout, none of the C++ for authors behind them."""
    text = re.split(r"^(?:// ---- For |namespace detail \{)", text, maxsplit=1, flags=re.MULTILINE)[0]
    text = re.sub(r"^#define KIRSCH_ABI_(MAJOR|MINOR) .*$", "", text, flags=re.MULTILINE)
    text = NOT_CODE.sub(lambda match: " " if match[0].startswith(("//", "/*")) else match[0], text)
    return " ".join(re.findall(r"\w+|[^\w\s]", text))


def fingerprint(pages):
    return hashlib.sha256("\n".join(contract(text) for text in pages).encode()).hexdigest()[:32]


def number(text):
    return ".".join(re.findall(r"^#define KIRSCH_ABI_(?:MAJOR|MINOR) (\d+)$", text, re.MULTILINE))


SAMPLE = "#define KIRSCH_ABI_MAJOR 1\n#define KIRSCH_ABI_MINOR {}\ntypedef struct kirsch_text {{ size_t size; }} kirsch_text;\n"


@rule("the contract with modules does not change without a new number: a module that was built for another one must be refused",
      bad=[{PAGES[0]: SAMPLE.format(RECORDED[0].split(".")[1])}, {PAGES[0]: SAMPLE.format(99)}],
      good=[{"core/sdk/kirsch/tool.h": "int i;\n"}])
def contract_number(tree):
    if PAGES[0] not in tree.files:
        return
    is_now = (number(tree.files[PAGES[0]]), fingerprint([tree.files.get(page, "") for page in PAGES]))
    if is_now[0] == RECORDED[0] and is_now != RECORDED:
        yield (f"{PAGES[0]}: the contract is not the one that {RECORDED[0]} stands for; raise KIRSCH_ABI_MINOR by one, then "
               "run this rule again and record what it says")
    elif is_now != RECORDED:
        yield f"tests/house/contract.py: RECORDED is to be {is_now}"


@rule("the SDK of 1.0 is never packed again: what was built with it must load in every later 1.y",
      bad=[{FROZEN[0]: ""}], good=[{"tests/support/sdk-1.1.tar.gz": ""}])
def frozen_sdk(tree):
    if FROZEN[0] in tree.files and hashlib.sha256(tree.files[FROZEN[0]].encode()).hexdigest()[:32] != FROZEN[1]:
        yield f"{FROZEN[0]}: this is another one"
