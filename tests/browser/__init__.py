"""The product in headless Chromium: real server, real pages, real events."""
