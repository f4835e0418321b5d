"""What is wrong with a script before anybody reads it out, and what is at least strange; pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from jinja2 import nodes

from campaigns.fields import nearest, shown
from campaigns.model import Campaign, Question, QuestionType
from campaigns.scripts.allowed import path_of
from campaigns.scripts.reach import asked_about, branches, paths, unreachable
from campaigns.scripts.template import parse
from campaigns.scripts.texts import BASE, ScriptTexts
from campaigns.scripts.values import LEAD, named, number
from leads.problems import Problem

LONGEST_ABOUT = 300
"""Letters of what the calls are about: it is said in one breath."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Problem):
    """One thing to look at in a script.

    Attributes:
        error: the script cannot be used so; else it is only strange.
    """

    error: bool


def check(
    script: ScriptTexts,
    campaign: Campaign,
    *,
    files: Mapping[str, str],
    attributes: Collection[str] | None,
) -> tuple[Finding, ...]:
    """Return everything that is wrong with a script or strange in it, by file and line.

    Args:
        script: its texts.
        campaign: for its questions.
        files: language -> the name under which its author knows the text.
        attributes: the columns that the campaign's lists have besides; None: not known here.
    """
    found: list[Finding] = []
    trees: dict[str, nodes.Template] = {}
    for language, source in script.texts.items():
        tree = parse(source)
        name = files.get(language, "script")
        if isinstance(tree, tuple):
            found += (_error(f"{name}, {one.where}", one.why) for one in tree)
            continue
        trees[language] = tree
        text = _Text(tree, {one.key: one for one in campaign.questions}, attributes)
        found += (_placed(name, one) for one in (*text.findings(), *_empty_leaves(source)))
    found += _unlike(trees, files)
    found += _of_about(script)
    return tuple(dict.fromkeys(found))


def _error(where: str, why: str) -> Finding:
    return Finding(where=where, why=why, error=True)


def _warning(where: str, why: str) -> Finding:
    return Finding(where=where, why=why, error=False)


def _placed(name: str, finding: Finding) -> Finding:
    return Finding(where=f"{name}, {finding.where}", why=finding.why, error=finding.error)


class _Text:
    """One text of a script, held against its campaign."""

    def __init__(
        self,
        tree: nodes.Template,
        questions: Mapping[str, Question],
        attributes: Collection[str] | None,
    ) -> None:
        self._tree = tree
        self._questions = questions
        self._attributes = None if attributes is None else sorted(attributes)

    def findings(self) -> Iterator[Finding]:
        told = [
            *(one for path, line in paths(self._tree) for one in self._of_path(path, line)),
            *(one for node in self._tree.find_all(nodes.Compare) for one in self._of_compare(node)),
        ]
        yield from told
        mistaken = {one.where for one in told}
        for branch in unreachable(self._tree, self._questions):
            if f"line {branch.line}" in mistaken:
                continue  # because of what was told of the line
            why = f"nothing that can be answered leads to this {branch.words}"
            yield _warning(f"line {branch.line}", f"{why}; mend its condition or take it out")

    def _of_path(self, path: tuple[str, ...], line: int) -> Iterator[Finding]:
        where = f"line {line}"
        if path[0] == "answers" and len(path) > 1 and path[1] not in self._questions:
            if not self._questions:
                yield _error(where, f"there is no question {path[1]!r}: the campaign asks nothing")
                return
            near = nearest(path[1], list(self._questions))
            yield _error(where, f"there is no question {path[1]!r}; the nearest is {near!r}")
        elif path[0] == "lead" and self._attributes is not None:
            told = path[1:] if path[1:2] != ("attributes",) else path[2:]
            if not told or (path[1] in LEAD and path[1] != "attributes"):
                return
            if named(told[0], self._attributes) is None:
                known = self._attributes if path[1] == "attributes" else [*LEAD, *self._attributes]
                near = f"; the nearest is {nearest(told[0], known)!r}" if known else ""
                yield _error(where, f"no list of the campaign has a column {told[0]!r}{near}")

    def _of_compare(self, compare: nodes.Compare) -> Iterator[Finding]:
        left: nodes.Node = compare.expr
        for operand in compare.ops:
            right = operand.expr
            where = f"line {compare.lineno}"
            if operand.op in {"in", "notin"}:
                yield from self._of_pair(left, _items(right), where, within=True)
                yield from self._of_pair(right, [left], where, within=True)
            else:
                yield from self._of_pair(left, [right], where, within=False)
                yield from self._of_pair(right, [left], where, within=False)
            left = right

    def _of_pair(
        self, asked: nodes.Node, words: Iterable[nodes.Node], where: str, *, within: bool
    ) -> Iterator[Finding]:
        """Look at a question on one side and what it is compared with on the other."""
        path = path_of(asked)
        question = self._questions.get(path[1]) if path and path[:1] == ("answers",) else None
        if question is None:
            return
        for word in words:
            value = word.value if isinstance(word, nodes.Const) else None
            if value is None or value == "":
                continue
            if question.type is QuestionType.MULTI and not within:
                yield _error(
                    where,
                    f"{question.key!r} takes several answers; write: "
                    f"{shown(value)} in answers.{question.key}",
                )
            elif (why := _no_answer(question, value)) is not None:
                yield _error(where, why)


def _items(node: nodes.Node) -> list[nodes.Expr]:
    return node.items if isinstance(node, nodes.List | nodes.Tuple) else []


def _no_answer(question: Question, value: object) -> str | None:
    """Return why a value cannot be an answer to a question, or None."""
    if question.choices:
        if str(value) in question.choices:
            return None
        near = nearest(str(value), question.choices)
        return f"{shown(value)} is no answer to {question.key!r}; the nearest is {near!r}"
    if question.type is QuestionType.SCALE:
        given = number(value)
        if given is None or not question.low <= given <= question.high:
            ends = f"{question.low} to {question.high}"
            return f"{shown(value)} is no answer to {question.key!r}, which goes from {ends}"
    return None


def _empty_leaves(source: str) -> Iterator[Finding]:
    """Yield the headings of the drawer that have no title or nothing under them."""
    lines = source.split("\n")
    starts = [at for at, line in enumerate(lines) if line.startswith("## ?")]
    for at in starts:
        rest = lines[at + 1 :]
        ends = (n for n, line in enumerate(rest) if line.startswith(("# ", "## ")))
        text = rest[: next(ends, len(rest))]
        if not lines[at].removeprefix("## ?").strip():
            yield _warning(f"line {at + 1}", "a heading of the drawer without words; add them")
        if not any(map(_says_something, text)):
            why = "a heading of the drawer without text; write what to say under it"
            yield _warning(f"line {at + 1}", why)


def _says_something(line: str) -> bool:
    bare = line.strip()
    return bool(bare) and not (bare.startswith(("{%", "{#")) and bare.endswith(("%}", "#}")))


def _unlike(trees: Mapping[str, nodes.Template], files: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the questions by which the base text branches and a variant does not."""
    if BASE not in trees:
        return
    base = _branching(trees[BASE])
    for language, tree in trees.items():
        for key in sorted(base - _branching(tree)):
            why = f"does not branch by the question {key!r}, as {files.get(BASE, 'script')} does"
            yield _warning(files.get(language, "script"), why)


def _branching(tree: nodes.Template) -> frozenset[str]:
    return frozenset(
        key
        for branch in branches(tree)
        for condition, _ in branch.conditions
        for key in asked_about(condition)
    )


def _of_about(script: ScriptTexts) -> Iterator[Finding]:
    for language, text in script.about.items():
        where = f"script.about_in.{language}" if language else "script.about"
        if len(text) > LONGEST_ABOUT:
            yield _error(where, f"has {len(text)} letters; it may have {LONGEST_ABOUT}")
    if script.about:
        for language in script.texts:
            if language not in script.about and language != script.language:
                why = "is missing: the opening of these people tells it in another language"
                yield _warning(f"script.about_in.{language}", why)
