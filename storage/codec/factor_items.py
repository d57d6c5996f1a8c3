"""Second factors and what is asked of all who sign in <-> items, pure."""

from __future__ import annotations

from storage import keys, schema
from storage.codec import documents
from storage.codec.items import text
from storage.model.factors import FactorSet, SignInPolicy
from storage.table import Item, Key

POLICY = Key(keys.settings(), "SIGN_IN")


def factors_key(user_id: str) -> Key:
    return Key(keys.user(user_id), "FACTORS")


def factors_item(factors: FactorSet) -> Item:
    key = factors_key(factors.user_id)
    return {"pk": key.pk, "sk": key.sk, "version": factors.version, "doc": documents.dump(factors)}


def factors_of(item: Item | None, user_id: str) -> FactorSet:
    return documents.load(FactorSet, text(item, "doc")) if item else FactorSet(user_id)


def policy_item(policy: SignInPolicy) -> Item:
    return {"pk": POLICY.pk, "sk": POLICY.sk, "version": policy.version, "doc": documents.dump(policy)}


def policy_of(item: Item | None) -> SignInPolicy:
    return documents.load(SignInPolicy, text(item, "doc")) if item else SignInPolicy()


def challenge_item(digest: str, expires_at: int) -> Item:
    """That it was answered. `expires_at`: milliseconds."""
    return {"pk": keys.challenge(digest), "sk": "CHALLENGE", schema.EXPIRES: expires_at // 1000 + 1}
