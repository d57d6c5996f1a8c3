"""Tests of the single table: one suite over every engine, then what is peculiar to each."""
