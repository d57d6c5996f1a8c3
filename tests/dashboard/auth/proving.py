"""Second factors for tests: an app with its secret, recovery codes, and somebody on their way in."""

from __future__ import annotations

import pyotp

from dashboard.auth.recovery_codes import hash_of, make_codes
from dashboard.auth.second_factor import new_totp
from storage.model.accounts import User
from storage.model.factors import FactorSet, SignInPolicy
from storage.store import Store
from tests.dashboard.visiting import Visitor
from tests.factories import BY, PASSWORD

SECOND = "/login/second-factor"
HERE = "/account/second-factor"


def code_of(secret: str, at: int) -> str:
    return pyotp.TOTP(secret).at(at // 1000)


def with_app(store: Store, user: User) -> tuple[str, list[str]]:
    """An app's secret, none of whose codes was used, and recovery codes."""
    secret, codes = pyotp.random_base32(), make_codes()
    factors = FactorSet(user.id, totp=new_totp(secret, 0), recovery=tuple(map(hash_of, codes)))
    store.factor_sets.put(user, FactorSet(user.id), factors, BY, "factor.added", "authenticator app")
    return secret, codes


def require(store: Store, required: bool = True) -> None:
    before = store.sign_in_policies.find()
    store.sign_in_policies.put(before, SignInPolicy(second_factor_required=required), BY)


def with_password(visitor: Visitor, email: str = "mara@example.com", **more: str):
    return visitor.post("/login", {"email": email, "password": PASSWORD, **more})


def with_code(visitor: Visitor, code: str):
    return visitor.post(SECOND, {"code": code})


def audited(store: Store, outcome: str = "done") -> list[str]:
    return [entry.action for entry in store.audit.list_all(200).items if entry.outcome == outcome]


def let_in_by(store: Store) -> list[str]:
    """What the audit log says of each session that was opened by a sign-in."""
    opened = [dict(entry.after) for entry in store.audit.list_all(200).items if entry.action == "session.opened"]
    return [after["by"] for after in opened if "by" in after]
