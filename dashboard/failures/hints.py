"""What any line has that a pattern without a fixed place could find. To look for these is a hundred times cheaper."""

from __future__ import annotations

# In small letters.
HINTS = (
    *(
        "error",
        "exception",
        "fatal",
        "fail",
        "panic",
        "assert",
        "not found",
        "cannot",
        "can't",
        "could not",
        "couldn't",
    ),
    *("unable", "denied", "refused", "timed", "time-out", "timeout", "invalid", "missing", "unknown", "undefined"),
    *("unsupported", "not allowed", "reject", "abort", "mismatch", "too ", "does not", "doesn't", "must ", "required"),
    *("broken", "unexpected", "no such", "not ready", "err_", "not exported", "multiple definition", "***", "✖", "✘"),
    *("✗", "×", "❌", " (warning", " (info", " (style", "kill", "memory", "gc overhead", "oom", "bad_alloc", "137"),
    *("exceeded", "cancel", "giving up", "gave up", "no lock on", "lost communication", "shutdown signal"),
    *("terminated", "has requirement", "which is not installed", "no solution", "docker daemon", "cache key"),
    *("already allocated", "eaddrinuse", "already in use", "no space left", "enospc", "quota", " full", "resolve host"),
    *("name resolution", "eai_again", "name or service", "connection re", "certificate", "x509", "401 ", "403 "),
    *("404 ", "500 ", "502 ", "503 ", "504 ", "unbound", "not set", "bad substitution", "segmentation", "core dumped"),
    *("illegal", "enoent", "is a directory", "not a directory", "exec format", "file busy", "too many", "eacces"),
    *(
        "not permitted",
        "read-only",
        "argument list",
        "emfile",
        "econn",
        "etimedout",
        "enomem",
        "deadline",
        "toomanyreq",
        "unauthorized",
    ),
)
