"""What a live page is made of: elements with ids, and all elements of one topic at one moment."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

NAME = re.compile(r"[A-Za-z][\w-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Region:
    """A DOM element with this id. `html` is the whole element, its own tag included, and must not depend on the clock.

    parent: id of the element a new one is appended to; without one the element always stands on the page.
    parts:  elements within it that can be replaced alone, each with an id of its own; `frame` is the text between them,
            and `shell` the element without any content. With other parts or another frame it is replaced whole.
    """

    id: str
    html: str
    parent: str = ""
    shell: str = ""
    frame: tuple[str, ...] = ()
    parts: tuple[Region, ...] = ()

    def __post_init__(self) -> None:
        # Ids become selectors inside a message, so nothing may stand in them that a selector would read otherwise.
        for name in (self.id, self.parent):
            if name and not NAME.fullmatch(name):
                raise ValueError(f"not usable as an element id: {name!r}")
        if not self.id:
            raise ValueError("a region needs an id")

    @classmethod
    def of_parts(
        cls, id_: str, opening: str, content: Sequence[str | Region], closing: str, parent: str = ""
    ) -> Region:
        """`opening`, `closing`: its own tags. `content`: text, and parts between it."""
        inside = "".join([piece if isinstance(piece, str) else piece.html for piece in content])
        return cls(
            id_,
            f"{opening}{inside}{closing}",
            parent,
            shell=opening + closing,
            frame=tuple([piece if isinstance(piece, str) else piece.id for piece in content]),
            parts=tuple([piece for piece in content if not isinstance(piece, str)]),
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All live regions of one topic. `tag` changes whenever any region does.

    parents:     elements that hold regions and nothing else; named here, they are emptied when the last region goes.
    fresh_until: epoch seconds after which a region may look different without any event (a run becomes slow).
    """

    tag: str
    regions: tuple[Region, ...]
    parents: tuple[str, ...] = ()
    fresh_until: float | None = None

    def __post_init__(self) -> None:
        if not self.tag or not self.tag.isascii() or not self.tag.isprintable():
            raise ValueError(f"not usable as a tag: {self.tag!r}")

    @classmethod
    def of(cls, regions: Sequence[Region], parents: Sequence[str] = (), fresh_until: float | None = None) -> Snapshot:
        """A snapshot whose tag is made from what the regions say."""
        return cls(tag_of(regions), tuple(regions), tuple(parents), fresh_until)


def tag_of(regions: Sequence[Region]) -> str:
    digest = hashlib.blake2b(digest_size=12)
    for region in regions:
        digest.update(f"{region.parent}\x1f{region.id}\x1f{region.html}\x1e".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
