"""People, and what lets them in <-> items, pure."""

from __future__ import annotations

import orjson

from storage import keys, schema
from storage.codec import documents
from storage.codec.items import text
from storage.model.accounts import Invitation, Membership, ScreenLink, Session, Token, User
from storage.model.document import replace
from storage.table import Item, Key


def user_key(user_id: str) -> Key:
    return Key(keys.user(user_id), "USER")


def user_item(user: User) -> Item:
    key = user_key(user.id)
    return {
        "pk": key.pk,
        "sk": key.sk,
        "version": user.version,
        "doc": documents.dump(user),
        "history_pk": keys.users(),
        "history_sk": keys.moment(user.created_at, user.id),
        "summary": documents.dump(replace(user, password="")),
    }


def user_of(item: Item) -> User:
    return documents.load(User, text(item, "doc" if "doc" in item else "summary"))


def email_item(user: User) -> Item:
    return {"pk": keys.email(user.email), "sk": "EMAIL", "doc": user.id}


def identity_key(issuer: str, subject: str) -> Key:
    return Key(keys.identity(issuer, subject), "IDENTITY")


def identity_item(user: User) -> Item:
    key = identity_key(user.issuer, user.subject)
    return {"pk": key.pk, "sk": key.sk, "doc": user.id}


def setup_item(user: User) -> Item:
    return {"pk": keys.setup(), "sk": "SETUP", "doc": user.id}


ADMINISTRATORS = Key(keys.setup(), "ADMINISTRATORS")


def administrators_item(user_ids: frozenset[str], version: int) -> Item:
    return {
        "pk": ADMINISTRATORS.pk,
        "sk": ADMINISTRATORS.sk,
        "version": version,
        "doc": " ".join(sorted(user_ids)),
    }


def member_key(team_id: str, user_id: str) -> Key:
    return Key(keys.team(team_id), keys.member(user_id))


def member_item(membership: Membership) -> Item:
    key = member_key(membership.team_id, membership.user_id)
    return {"pk": key.pk, "sk": key.sk, "doc": documents.dump(membership)}


def membership_of(item: Item) -> Membership:
    """Items of earlier versions hold a name, an e-mail and a role in between, which are read with the person now."""
    team_id, user_id, *rest = orjson.loads(text(item, "doc"))
    added_at, added_by = rest[3:5] if len(rest) > 2 else rest
    return Membership(team_id, user_id, added_at, added_by)


def invitation_key(team_id: str, key_hash: str) -> Key:
    return Key(keys.team(team_id), keys.invitation(key_hash))


def invitation_item(invitation: Invitation) -> Item:
    key = invitation_key(invitation.team_id, invitation.key_hash)
    return {
        "pk": key.pk,
        "sk": key.sk,
        "doc": documents.dump(invitation),
        schema.EXPIRES: invitation.expires_at // 1000,
    }


def invitation_of(item: Item) -> Invitation:
    return documents.load(Invitation, text(item, "doc"))


def session_key(user_id: str, key_hash: str) -> Key:
    return Key(keys.user(user_id), keys.session(key_hash))


def session_item(session: Session) -> Item:
    key = session_key(session.user_id, session.key_hash)
    return {"pk": key.pk, "sk": key.sk, "doc": documents.dump(session), schema.EXPIRES: session.expires_at // 1000}


def session_of(item: Item) -> Session:
    return documents.load(Session, text(item, "doc"))


def token_key(token_hash: str) -> Key:
    return Key(keys.token(token_hash), "TOKEN")


def token_item(token: Token) -> Item:
    key = token_key(token.token_hash)
    item: Item = {
        "pk": key.pk,
        "sk": key.sk,
        "doc": documents.dump(token),
        "history_pk": keys.user(token.user_id),
        "history_sk": keys.moment(token.created_at, token.token_hash),
        "summary": documents.dump(token),
    }
    return {**item, schema.EXPIRES: token.expires_at // 1000} if token.expires_at else item


def team_token_key(team_id: str, token_hash: str) -> Key:
    return Key(keys.team(team_id), keys.token(token_hash))


def team_token_item(token: Token) -> Item:
    """A token that is good for one team only, as that team lists it."""
    key = team_token_key(token.team_id, token.token_hash)
    item: Item = {"pk": key.pk, "sk": key.sk, "doc": documents.dump(token)}
    return {**item, schema.EXPIRES: token.expires_at // 1000} if token.expires_at else item


def token_of(item: Item) -> Token:
    return documents.load(Token, text(item, "doc" if "doc" in item else "summary"))


def screen_key(key_hash: str) -> Key:
    return Key(keys.screen(key_hash), "SCREEN")


def screen_item(screen: ScreenLink) -> Item:
    key = screen_key(screen.key_hash)
    return {
        "pk": key.pk,
        "sk": key.sk,
        "history_pk": keys.screens_of(screen.team_id),
        "history_sk": keys.moment(screen.created_at, screen.id),
        "summary": documents.dump(screen),
    }


def screen_of(item: Item) -> ScreenLink:
    return documents.load(ScreenLink, text(item, "summary"))
