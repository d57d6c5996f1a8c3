"""What people prove themselves with besides a password, as types. Times are milliseconds since the epoch. Pure."""

from __future__ import annotations

from storage.model.accounts import User
from storage.model.document import Document, replace


class Totp(Document, frozen=True):
    """An authenticator app (RFC 6238). `secret` is sealed. `last_step`: the newest time step a code of which was used;
    no code of it or of one before it counts again."""

    secret: str
    added_at: int
    last_step: int = 0


class Passkey(Document, frozen=True):
    """A WebAuthn credential. `id` and `public_key` (COSE) are base64url. `sign_count`: what it said last; 0 of one that
    does not count. `is_synced`: it may stand on several machines of its person."""

    id: str
    public_key: str
    sign_count: int
    name: str
    added_at: int
    last_used_at: int = 0
    is_synced: bool = False


class FactorSet(Document, frozen=True):
    """All of one person. `version` 0: nothing is stored. `recovery`: SHA-256 of each recovery code not used."""

    user_id: str
    version: int = 0
    totp: Totp | None = None
    passkeys: tuple[Passkey, ...] = ()
    recovery: tuple[str, ...] = ()
    recovery_made_at: int = 0

    @property
    def is_any(self) -> bool:
        """Whether a second factor is asked for. Recovery codes alone are none."""
        return self.totp is not None or bool(self.passkeys)

    def passkey(self, passkey_id: str) -> Passkey | None:
        return next((each for each in self.passkeys if each.id == passkey_id), None)

    def changed(
        self, *, totp: Totp | None = None, without_totp: bool = False, passkeys: tuple[Passkey, ...] | None = None
    ) -> FactorSet:
        """With another app, or none, or with these passkeys. Recovery codes go with the last factor."""
        after = replace(
            self,
            totp=None if without_totp else totp or self.totp,
            passkeys=self.passkeys if passkeys is None else passkeys,
        )
        return after if after.is_any else FactorSet(self.user_id, self.version)

    def with_passkey(self, passkey: Passkey) -> FactorSet:
        """In place of the one of this id, or besides the others."""
        others = tuple(each for each in self.passkeys if each.id != passkey.id)
        return self.changed(passkeys=(*others, passkey))

    def without_passkey(self, passkey_id: str) -> FactorSet:
        return self.changed(passkeys=tuple(each for each in self.passkeys if each.id != passkey_id))

    def with_recovery(self, hashes: tuple[str, ...], at: int) -> FactorSet:
        return replace(self, recovery=hashes, recovery_made_at=at)

    def without_recovery(self, used: str) -> FactorSet:
        return replace(self, recovery=tuple(each for each in self.recovery if each != used))


class SignInPolicy(Document, frozen=True):
    """What holds for everybody who signs in here with a password. `version` 0: nothing is stored."""

    second_factor_required: bool = False
    version: int = 0

    def holds_up(self, user: User) -> bool:
        """Whether they must set up a second factor before anything else. Who comes by an identity provider proves
        themselves there."""
        return self.second_factor_required and not user.issuer and not user.has_second_factor
