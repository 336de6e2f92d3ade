# The project's files as the rules see them, and how a rule is declared: a function with samples that it must refuse.
import os
import re

# What git does not keep (see .gitignore), and git itself.
LEFT_OUT = {".git", "build", ".cache", "compile_commands.json", "__pycache__"}
CXX = (".h", ".cpp", ".c")


class Tree:
    """Path, relative to the root, to text. Samples are trees made by hand."""

    def __init__(self, files):
        self.files = dict(sorted(files.items()))

    @staticmethod
    def on_disk(root):
        files = {}
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if name not in LEFT_OUT]
            for name in names:
                path = os.path.join(folder, name)
                if name in LEFT_OUT or os.path.islink(path):
                    continue
                try:
                    with open(path, encoding="utf-8", errors="replace") as file:
                        files[os.path.relpath(path, root)] = file.read()
                except FileNotFoundError:
                    pass  # an editor's temporary file, gone since it was listed
        return Tree(files)

    def below(self, *folders, endings=("",)):
        """Files below one of the folders ("core/" …) whose names end as wanted."""
        for path, text in self.files.items():
            if path.startswith(folders) and path.endswith(tuple(endings)):
                yield path, text

    def children(self, folder):
        """Names of the folders in a folder."""
        prefix = folder + "/"
        return sorted({path[len(prefix):].split("/")[0] for path in self.files
                       if path.startswith(prefix) and "/" in path[len(prefix):]})


INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)


def includes(text):
    """(line number, '<' or '"', what is included) of each #include."""
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match[1], match[2]


NOT_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)


def code(text):
    """C++ with comments and literals blanked; lines keep their numbers."""
    return NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def found(pattern, text):
    """(line number, match) of each occurrence."""
    for match in re.finditer(pattern, text, re.MULTILINE):
        yield text.count("\n", 0, match.start()) + 1, match


RULES = {}


def rule(sentence, *, bad, good):
    """Declares a rule. Each tree in `bad` must be refused and each in `good` accepted, or the rule itself is broken."""

    def declare(function):
        assert bad and good, "a rule that nothing breaks, or nothing passes, proves nothing"
        RULES[function.__name__] = function
        function.sentence, function.bad, function.good = sentence, bad, good
        return function

    return declare


def broken(function):
    """Why the rule itself cannot be trusted, if so."""
    for sample in function.bad:
        if not list(function(Tree(sample))):
            yield f"rule {function.__name__} accepts a sample that breaks it: {sample}"
    for sample in function.good:
        for violation in function(Tree(sample)):
            yield f"rule {function.__name__} refuses a good sample: {violation}"
