"""Addresses of repositories, however they are written."""

from __future__ import annotations

import pytest

from dashboard.sources.kit.git_remotes import Remote, remote, same_repository


@pytest.mark.parametrize(
    ("address", "host", "path"),
    [
        ("https://github.com/acme/shop.git", "github.com", "acme/shop"),
        ("https://github.com/acme/shop/", "github.com", "acme/shop"),
        ("https://mara:secret@GitHub.com/acme/shop", "github.com", "acme/shop"),
        ("git://github.com/acme/shop.git", "github.com", "acme/shop"),
        ("ssh://git@git.acme.example:2222/acme/shop.git", "git.acme.example", "acme/shop"),
        ("git@github.com:acme/shop.git", "github.com", "acme/shop"),
        ("github.com:acme/web/shop", "github.com", "acme/web/shop"),
        (" git@github.com:/acme/shop ", "github.com", "acme/shop"),
        ("acme/shop", "", ""),
        ("/srv/git/shop.git", "", ""),
        ("https://github.com", "", ""),
        ("", "", ""),
    ],
)
def test_a_repository_is_read_from_its_address(address: str, host: str, path: str):
    assert remote(address) == Remote(host, path)


def test_a_repository_is_the_same_however_it_is_reached():
    assert same_repository("git@github.com:acme/shop.git", "https://github.com/Acme/Shop")
    assert not same_repository("git@github.com:acme/shop.git", "https://gitlab.com/acme/shop")
    assert not same_repository("git@github.com:acme/shop.git", "git@github.com:octo/shop.git")
    assert not same_repository("", "")
