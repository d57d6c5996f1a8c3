"""Users, their sessions and tokens <-> items, pure."""

from __future__ import annotations

from dataclasses import replace

from storage import packing, schema
from storage.entities import Session, Token, User
from storage.items import text
from storage.table import Item, Key


def user_key(user_id: str) -> Key:
    return Key(schema.user(user_id), "USER")


def user_item(user: User) -> Item:
    key = user_key(user.id)
    return {
        "pk": key.pk,
        "sk": key.sk,
        "version": user.version,
        "doc": packing.dump(user),
        "history_pk": schema.users(),
        "history_sk": schema.moment(user.created_at, user.id),
        "summary": packing.dump(replace(user, password="")),
    }


def user_of(item: Item) -> User:
    return packing.load(User, text(item, "doc" if "doc" in item else "summary"))


def session_key(user_id: str, key_hash: str) -> Key:
    return Key(schema.user(user_id), schema.session(key_hash))


def session_item(session: Session) -> Item:
    key = session_key(session.user_id, session.key_hash)
    return {"pk": key.pk, "sk": key.sk, "doc": packing.dump(session), schema.EXPIRES: session.expires_at // 1000}


def session_of(item: Item) -> Session:
    return packing.load(Session, text(item, "doc"))


def token_key(token_hash: str) -> Key:
    return Key(schema.token(token_hash), "TOKEN")


def token_item(token: Token) -> Item:
    key = token_key(token.token_hash)
    return {"pk": key.pk, "sk": key.sk, "doc": packing.dump(token)}


def token_of(item: Item) -> Token:
    return packing.load(Token, text(item, "doc"))
