"""Tests mirror the code. Shared fixtures come from conftest.py."""
