"""Times, names and looks in templates. A time is printed so that it is right without a script: the browser's clock
replaces it with a span that ticks.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django import template
from django.forms import BoundField
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboard import links
from dashboard.readmodels import appearance, arrivals
from dashboard.sources import SOURCES
from storage.model.entities import Status

register = template.Library()
register.filter("change_said", arrivals.said_of)
register.filter("initials", appearance.initials)
register.filter("timer", appearance.timer)
register.filter("words", appearance.words)

# Tools may tell times up to the end of the year 9999, and an axis goes on a little past its last time.
LAST_MOMENT = 253_402_300_799_000


def moment(at: int) -> datetime:
    return datetime.fromtimestamp(min(at, LAST_MOMENT) / 1000, UTC)


def iso(at: int) -> str:
    return moment(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def exact(at: int) -> str:
    return moment(at).strftime("%a %-d %b %Y, %H:%M:%S UTC")


@register.simple_tag
def since(at: int, suffix: str = "") -> SafeString:
    """How long ago, in words; without a script the time itself."""
    return format_html(
        '<time datetime="{}" title="{}" data-since data-suffix="{}">{}</time>',
        iso(at), exact(at), suffix, moment(at).strftime("%-d %b %H:%M UTC"),
    )  # fmt: skip


@register.simple_tag
def timer_since(at: int, usual: str = "") -> SafeString:
    """A timer that counts up from then; `usual`: how long it should take. Until a script counts it says that it is a
    beginning, not a span."""
    said = moment(at).strftime("since %H:%M UTC")
    if usual:
        return format_html(
            '<time datetime="{}" title="Started {}" data-elapsed data-of="{}">{}, usually {}</time>',
            iso(at), exact(at), usual, said, usual,
        )  # fmt: skip
    return format_html('<time datetime="{}" title="Started {}" data-elapsed>{}</time>', iso(at), exact(at), said)


@register.simple_tag
def clock_time(at: int) -> SafeString:
    """A time of day, in the reader's zone where there is a script."""
    return format_html(
        '<time datetime="{}" title="{}" data-at>{}</time>', iso(at), exact(at), moment(at).strftime("%H:%M UTC")
    )


@register.simple_tag
def day_time(at: int) -> SafeString:
    """A day and a time of it, in the reader's zone where there is a script."""
    return format_html(
        '<time datetime="{}" title="{}" data-day>{}</time>',
        iso(at),
        exact(at),
        moment(at).strftime("%-d %b %Y %H:%M UTC"),
    )


@register.simple_tag
def utc_time(at: int) -> SafeString:
    """A day of the week and a time of it, of UTC whoever reads it: in reports on days of UTC."""
    return format_html('<time datetime="{}">{}</time>', iso(at), utc_time_text(at))


@register.simple_tag
def utc_day(at: int) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', iso(at), utc_day_text(at))


@register.simple_tag
def utc_time_text(at: int) -> str:
    return moment(at).strftime("%a %-d %b %H:%M")


@register.simple_tag
def utc_day_text(at: int) -> str:
    return moment(at).strftime("%-d %b %Y")


_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@register.filter
def tool(source: str) -> str:
    """What people call a source."""
    return SOURCES[source].label if source in SOURCES else source


@register.filter
def browser(agent: str) -> str:
    """A browser and its system by what most of them call themselves, else the beginning of what it says."""
    name = next((name for part, name in _BROWSERS if part in agent), "")
    system = next((name for part, name in _SYSTEMS if part in agent), "")
    return f"{name} on {system}" if name and system else name or agent[:40] or "unknown"


@register.simple_tag
def due_time(at: int) -> SafeString:
    """When something should be done. Once that is past the browser hides what is marked `data-until` around it."""
    return format_html(
        '<time datetime="{}" title="Expected {}" data-at data-due>{}</time>',
        iso(at), exact(at), moment(at).strftime("%H:%M UTC"),
    )  # fmt: skip


@register.simple_tag
def wall_clock(at: int) -> SafeString:
    """What time it is: the browser keeps it right, in the reader's zone."""
    return format_html('<time datetime="{}" data-clock>{}</time>', iso(at), moment(at).strftime("%H:%M UTC"))


@register.filter
def css(status: Status | None) -> str:
    return appearance.APPEARANCES[status].css


@register.filter
def glyph(status: Status | None) -> str:
    return appearance.APPEARANCES[status].glyph


@register.filter
def label(status: Status | None) -> str:
    return appearance.APPEARANCES[status].label


@register.filter
def execution_href(execution_id: str) -> str:
    return links.execution_href(execution_id)


@register.filter
def commit_href(commit: str) -> str:
    return links.commit_href(commit)


@register.filter
def team_href(slug: str) -> str:
    return links.team_href(slug)


@register.filter
def pipeline_href(pipeline_id: str, slug: str) -> str:
    return links.pipeline_href(slug, pipeline_id)


@register.filter
def take_href(pipeline_id: str, slug: str) -> str:
    return links.take_href(slug, pipeline_id)


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """One box, which stands before its label; not a group of them."""
    return getattr(field.field.widget, "input_type", "") == "checkbox" and not field.use_fieldset


@register.filter
def web(url: str) -> str:
    """An address of the web, as it is. Sources let no other pass; whatever stands in the table leads nowhere here."""
    return url if url.startswith(("https://", "http://")) else "#"
