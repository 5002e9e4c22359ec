"""Every block of code in the documentation is looked at by the program that it is for.

Those that do something are run where it is done (`test_token_docs.py`, `tests/api/test_curl.py`, …); here no block is
left out, and each command, option and make target that pages name exists. A block that no program can read stands
under `<!-- not run: the reason -->`. One without a language, or with `text`, is no code: a tree, what a program says.
"""

from __future__ import annotations

import argparse
import configparser
import inspect
import json
import re
import shlex
import subprocess
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
import yaml
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand, CommandError, CommandParser
from markdown_it import MarkdownIt

from media import consumer, data, producer, router, sfu, transport
from meet.config import PROJECT
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGES = [PROJECT / "README.md", PROJECT / "CHANGELOG.md", *sorted((PROJECT / "docs").glob("*.md"))]
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")
# What a shell puts in: a word, or, where it is a command of ours, that.
SUBSTITUTION = re.compile(r"\$\(([^()]*)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block: where it begins, its language, its text, and why it is not run, if it isn't."""

    place: str
    language: str
    text: str
    not_run: str


def blocks() -> list[Block]:
    found = []
    for page in PAGES:
        before = ""
        for token in MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8")):
            if token.type == "fence":
                reason = re.fullmatch(r"<!-- not run: (.+?) -->", before.strip(), re.DOTALL)
                place = f"{page.name}:{token.map[0] + 1}" if token.map else page.name
                found.append(Block(place, token.info.strip(), token.content, reason[1] if reason else ""))
            before = token.content if token.type == "html_block" else ""
    return found


def program(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def python(text: str, _folder: Path) -> None:
    compile(text, "block", "exec")


def shell(text: str, _folder: Path) -> None:
    program("bash", "-n", "-c", text)


def javascript(text: str, folder: Path) -> None:
    file = folder / ("block.cjs" if "require(" in text else "block.mjs")
    file.write_text(text, encoding="utf-8")
    program("node", "--check", str(file))


class Page(HTMLParser):
    """The scripts of a page, and its elements that are still open at the end."""

    VOID = ("link", "meta", "img", "input", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), "an attribute comes twice"
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> ends nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)


def html(text: str, folder: Path) -> None:
    page = Page()
    page.feed(text)
    page.close()
    assert page.open == []
    for script in page.scripts:
        javascript(script, folder)


def http(text: str, _folder: Path) -> None:
    head, _, body = text.partition("\n\n")
    first, *headers = head.splitlines()
    assert re.fullmatch(r"(GET|POST|PUT|DELETE) /\S* HTTP/1\.1|HTTP/1\.1 \d{3} .*", first)
    assert all(re.fullmatch(r"[\w-]+: \S.*", header) for header in headers)
    if any("json" in header for header in headers):
        json.loads(body)


def nginx(text: str, folder: Path) -> None:
    """What belongs into a server is put into one; addresses to listen on and certificates are such as there are."""
    text = re.sub(r"listen (?:\S+:)?\d+", lambda _: f"listen 127.0.0.1:{free_port()}", text)
    outer, inner, to = "", "", ""
    for line in text.splitlines(keepends=True):
        if not to:
            to = "inner" if line.lstrip().startswith("location") else "outer"
        if to == "inner":
            inner += line
        else:
            outer += line
        if (outer if to == "outer" else inner).count("{") == (outer if to == "outer" else inner).count("}"):
            to = ""
    if "http://web" in text and "upstream web" not in text:
        outer += "upstream web { server 127.0.0.1:8000; }\n"
    if inner:
        outer += f"server {{ listen 127.0.0.1:{free_port()}; {inner} }}\n"
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    if " ssl" in text:
        program(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate),
        )  # fmt: skip
        outer = f"ssl_certificate {certificate}; ssl_certificate_key {key};\n{outer}"
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = folder / "nginx.conf"
    file.write_text(
        f"pid {folder}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}{outer}}}\n",
        encoding="utf-8",
    )
    program("nginx", "-t", "-q", "-c", str(file))


def ini(text: str, _folder: Path) -> None:
    """Units of systemd and the like, and files of an environment, which have no section."""
    settings = configparser.ConfigParser(strict=False, interpolation=None, allow_no_value=False)
    settings.read_string(text if text.lstrip().startswith(("[", "#")) and "[" in text else f"[file]\n{text}")


def yaml_documents(text: str, _folder: Path) -> None:
    list(yaml.safe_load_all(text))


def nothing(_text: str, _folder: Path) -> None:
    """No code, or what another test runs: PHP and Go are asked for by `test_token_docs.py`."""


READERS: dict[str, Callable[[str, Path], None]] = {
    "": nothing, "text": nothing, "php": nothing, "go": nothing,
    "python": python, "sh": shell, "bash": shell, "js": javascript, "html": html, "http": http, "nginx": nginx,
    "json": lambda text, _folder: json.loads(text), "ini": ini, "yaml": yaml_documents,
}  # fmt: skip


@pytest.mark.parametrize("block", blocks(), ids=lambda block: block.place)
def test_each_block_can_be_read_by_its_program(block: Block, tmp_path: Path) -> None:
    if block.not_run:
        assert block.not_run.rstrip(".") != "", "say why"
        return
    assert block.language in READERS, (
        f"{block.place}: no test reads {block.language!r}. Give it a reader here, or say above the block why there is "
        "none: <!-- not run: … -->"
    )
    READERS[block.language](block.text, tmp_path)


def test_blocks_are_found_and_reasons_belong_to_them() -> None:
    found = blocks()
    assert len(found) > 40
    marks = sum(len(re.findall(r"^ *<!-- not run:", page.read_text("utf-8"), re.MULTILINE)) for page in PAGES)
    assert len([block for block in found if block.not_run]) == marks


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "print("),
        ("sh", "if true; then"),
        ("js", "const = 1;"),
        ("html", "<p><b>one</p>"),
        ("html", "<script>const = 1;</script>"),
        ("http", "POST /events\n\n{}"),
        ("http", "POST / HTTP/1.1\nContent-Type: application/json\n\n{"),
        ("nginx", "location / { proxy_passes http://web; }"),
        ("nginx", "server { listen 443 ssl; location / { proxy_pass http://nobody_of_this_name; } }"),
        ("json", "{'a': 1}"),
        ("ini", "[Service]\nonly words"),
        ("yaml", "a: [1"),
    ],
)
def test_readers_find_what_is_wrong(language: str, text: str, tmp_path: Path) -> None:
    with pytest.raises((AssertionError, SyntaxError, ValueError, configparser.Error, yaml.YAMLError)):
        READERS[language](text, tmp_path)


def parser(name: str) -> CommandParser:
    commands = get_commands()
    assert name in commands, f"manage.py {name} is no command"
    app = commands[name]
    command = app if isinstance(app, BaseCommand) else load_command_class(app, name)
    return command.create_parser("manage.py", name)


def options_of(of: argparse.ArgumentParser) -> set[str]:
    """All options of a command and of what stands below it."""
    own = {option for action in of._actions for option in action.option_strings}
    below = [action.choices for action in of._actions if isinstance(action, argparse._SubParsersAction)]
    return own.union(*(options_of(one) for choices in below for one in choices.values()))


def once_more(found: re.Match[str]) -> str:
    return found[1] if "manage.py" in found[1] else "X"


def run_as_written(words: str) -> None:
    """A use of `manage.py` in a block is one that its command understands."""
    name, *arguments = shlex.split(words, comments=True)
    try:
        parser(name).parse_args(arguments)
    except CommandError as error:
        pytest.fail(f"manage.py {words}: {error}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_pages_name_exist_and_take_what_is_given(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    code = "\n".join(block.text for block in blocks() if block.place.startswith(f"{page.name}:")).replace("\\\n", " ")
    for words in re.findall(r"\bmanage\.py ([a-z_]+[^\n|;&>`)]*)", SUBSTITUTION.sub(once_more, code)):
        run_as_written(words)
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    for name, rest in re.findall(r"`(?:\S*python )?manage\.py ([a-z_]+)([^`]*)`", prose):
        options = set(re.findall(r"\s(--[\w-]+)", rest))
        assert options <= options_of(parser(name)), name
    for target in re.findall(r"^make ([a-z-]+)", code, re.MULTILINE) + re.findall(r"`make ([a-z-]+)", prose):
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), f"make {target}"


def test_the_media_servers_surface_has_what_its_page_says() -> None:
    (sketch,) = re.findall(r"```python\n(.*?)```", (PROJECT / "docs/media.md").read_text(encoding="utf-8"), re.DOTALL)
    modules = (sfu, router, transport, producer, consumer, data)
    for name, body in re.findall(r"^class (\w+)(.*?)(?=^class |\Z)", sketch, re.DOTALL | re.MULTILINE):
        (made,) = {vars(module)[name] for module in modules if name in vars(module)}
        for method, parameters in re.findall(r"def (\w+)\(([^)]*)\)", body):
            there = list(inspect.signature(getattr(made, method)).parameters)
            parts = re.sub(r"\[[^\]]*\]", "", parameters).split(",")
            told = {re.sub(r"[:=].*", "", part).strip(" *") for part in parts} - {""}
            assert told <= set(there), f"{name}.{method}"
