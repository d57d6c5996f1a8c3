"""Big Transit behind a real nginx, as docs/operations.md configures it."""
