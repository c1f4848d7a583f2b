"""Checks that what the project's documents name is there, and that products give out what they show.

Usage: check.py SYMBOLS, in the project's folder. SYMBOLS holds package.json, as `swift package
dump-package` prints it, and a folder of symbol graphs a product.
"""

import json
import pathlib
import re
import sys

SYMBOLS = pathlib.Path(sys.argv[1])
MANUAL = sorted(pathlib.Path("Sources").glob("*/*.docc/*.md"))
DOCUMENTS = [*sorted(pathlib.Path(".").glob("*.md")), pathlib.Path("Fixtures/README.md"), *MANUAL]
LINK = re.compile(r"\]\(([^)\s]+)\)")
PATH = re.compile(r"`((?:Sources|Tests|Scripts|Fixtures)/[\w+./-]*)`")
TEST = re.compile(r"`(\w+Tests)(?:\.(?!swift`)(\w+))?`")
# Modules that every Swift program has, by the first letters of their mangled names.
COMMON = re.compile(r"s:(s|S|20FoundationEssentials|10Foundation)")


def anchors(text):
    """The names that GitHub gives to a document's headings."""
    headings = re.findall(r"^#+ +(.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


def broken_links(document, text):
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document.resolve()
        if not target.exists():
            yield f"{document}: the link {link} leads nowhere"
        elif anchor and anchor not in anchors(target.read_text()):
            yield f"{document}: {link}: there is no such heading"


def absent_paths(document, text):
    for path in PATH.findall(text):
        if not pathlib.Path(path).exists():
            yield f"{document}: there is no {path}"


def absent_tests(document, text):
    sources = {path: path.read_text() for path in pathlib.Path("Tests").rglob("*.swift")}
    folders = {path.name for path in pathlib.Path("Tests").iterdir()}
    for suite, test in TEST.findall(text):
        if suite in folders and not test:
            continue
        found = [source for source in sources.values() if re.search(rf"\bstruct {suite}\b", source)]
        if not found:
            yield f"{document}: there is no suite {suite}"
        elif test and not any(re.search(rf"\bfunc {test}\b", source) for source in found):
            yield f"{document}: {suite} has no test {test}"


def symbols(product):
    for path in (SYMBOLS / product).glob("*.json"):
        yield from json.loads(path.read_text())["symbols"]


def hidden_types(product, targets):
    """Types of public declarations whose modules the product does not have."""
    for symbol in symbols(product):
        for fragment in symbol["declarationFragments"]:
            name = fragment.get("preciseIdentifier", "")
            if not name.startswith("s:") or COMMON.match(name):
                continue
            length = re.match(r"s:(\d+)", name)
            start = length.end() if length else 0
            module = name[start : start + int(length.group(1))] if length else name
            if module not in targets:
                shown = ".".join(symbol["pathComponents"])
                yield f"{product}.{shown} shows {fragment['spelling']}, whose module {module} is not in the product"


def main():
    problems = []
    for document in DOCUMENTS:
        text = document.read_text()
        problems += [*broken_links(document, text), *absent_paths(document, text), *absent_tests(document, text)]
    package = json.loads((SYMBOLS / "package.json").read_text())
    for product in package["products"]:
        if "library" in product["type"]:
            problems += hidden_types(product["name"], product["targets"])
    print(f"{len(DOCUMENTS)} documents and {len(package['products'])} products checked")
    sys.exit("\n".join(dict.fromkeys(problems)) or 0)


main()
