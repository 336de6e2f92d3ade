# Runs the house rules: each first against its own samples, then against the tree. Exit code 1 if one is broken.
# Usage: house.py [--root DIR] [RULE…]
import argparse
import os
import sys

import authors  # noqa: F401  (importing a file declares its rules)
import contract  # noqa: F401
import layout  # noqa: F401
import text_rules  # noqa: F401
import walls  # noqa: F401
from tree import RULES, Tree, broken


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", default=os.path.join(here, "..", ".."))
    parser.add_argument("rules", nargs="*")
    arguments = parser.parse_args()
    tree = Tree.on_disk(arguments.root)
    failed = False
    for name in arguments.rules or RULES:
        function = RULES[name]
        violations = list(broken(function)) or list(function(tree))
        if violations:
            failed = True
            print(f"{name}: {function.sentence}", file=sys.stderr)
            for violation in violations:
                print(f"  {violation}", file=sys.stderr)
    return 1 if failed else 0


sys.exit(main())
