"""Who may get a team's weekly report by e-mail, and the link in it that ends that without signing in."""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.urls import reverse

from dashboard.auth.policy import VIEW, may
from storage import keys
from storage.model.accounts import User
from storage.model.entities import Team

_SALT = "bigtransit weekly report"


def may_have_report(user: User, team: Team) -> bool:
    """Asked when somebody wants it, and again before each mail. An open team's report goes to its own people; an e-mail
    that nobody vouches for may be somebody else's."""
    belongs = user.is_admin or user.granted_role(team.id) is not None
    return bool(user.is_active and user.email and not user.email_claimed and belongs and may(user, VIEW, team))


def unsubscribe_url(team_id: str, user_id: str) -> str:
    """Good for as long as the secret key is: mails are old when somebody has had enough of them."""
    token = signing.dumps([team_id, user_id], salt=_SALT, compress=True)
    return f"{settings.BASE_URL}{reverse('unsubscribe', args=[token])}"


def reader_behind(token: str) -> tuple[str, str] | None:
    """The ids of the team and the person; None for a link that was cut or is not ours."""
    try:
        team_id, user_id = signing.loads(token[:600], salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return (str(team_id), str(user_id)) if keys.is_team_id(str(team_id)) and keys.is_id(str(user_id)) else None
