"""Live regions in the pages that show them."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from dashboard.screens.screen import Shown, View

register = template.Library()


@register.filter
def region(shown: Shown[Any, Any], name: str) -> SafeString:
    """The region with this id."""
    return mark_safe(shown.html(name))  # noqa: S308 - rendered by a template


@register.filter
def regions_in(shown: Shown[Any, Any], parent: str) -> SafeString:
    """All regions within the element with this id."""
    return mark_safe(shown.html_of(parent))  # noqa: S308 - rendered by templates


@register.simple_tag
def view_text(view: View, **changed: str) -> str:
    """The query of this view's address, with some options changed."""
    return view.text(**changed)


@register.simple_tag
def current(chosen: str, value: str, default: str) -> SafeString:
    """Marks the one of several links that says what is so already; an empty value stands for the default."""
    return mark_safe(' aria-current="true"') if chosen == (value or default) else SafeString()
