"""Lines that look like errors and say nothing of why a build failed. Each pattern stands beside an example."""

from __future__ import annotations

import re
from typing import NamedTuple

from dashboard.failures.pattern_of_cause import is_anchored


class Harmless(NamedTuple):
    regex: re.Pattern[str]
    examples: tuple[str, ...]
    anchored: bool

    def finds(self, line: str) -> bool:
        return (self.regex.match(line) if self.anchored else self.regex.search(line)) is not None


def _harmless(regex: str, *examples: str) -> Harmless:
    return Harmless(re.compile(regex), examples, is_anchored(regex))


# What every step that fails ends with.
GENERIC = re.compile(
    r"^(?:Error: )?(?:The )?[Pp]rocess (?:'.*' )?(?:completed|failed|exited) with (?:exit )?code \d+"
    r"|^Command did not exit successfully |^Phase complete: |^Phase context status code: COMMAND_EXECUTION_ERROR"
)
HARMLESS = (
    _harmless(GENERIC.pattern, "Error: Process completed with exit code 1.", "Phase complete: BUILD State: FAILED"),
    # Tests that passed, whatever they are called; known failures.
    _harmless(
        r"\b(?:PASSED|XFAIL|SKIPPED|XPASS)\b *(?:\[ *\d+%\])?$|^(?:PASSED|XFAIL|SKIPPED|XPASS) ",
        "tests/test_a.py::test_error PASSED [ 10%]",
    ),
    _harmless(r"\.\.\. (?:ok|skipped|ignored|expected failure)\b", "test tests::fails_for_unknown ... ok"),
    _harmless(r"\[gw\d+\] \[ *\d+%\] (?:PASSED|SKIPPED|XFAIL) ", "[gw0] [ 10%] PASSED tests/test_a.py::test_error"),
    _harmless(r"^\s*(?:✓|✔|√|○|ok \d+) ", "    ✓ money error free 56 (1 ms)", "ok 3 - keeps the error"),
    _harmless(r"^\s*(?:--- (?:PASS|SKIP)|=== (?:RUN|PAUSE|CONT|NAME)|PASS\b|ok  )", "--- PASS: TestError (0.00s)"),
    _harmless(r"Test +#\d+: .*(?:Passed|Skipped)|^\s+Start +\d+: ", " 3/4 Test #3: error ...... Passed 0.00 sec"),
    _harmless(r"^\[ +(?:OK|RUN|PASSED) +\]|^\[-+\]", "[       OK ] ErrorTest.Kept (0 ms)"),
    # Counts, and that something failed at all.
    _harmless(
        r"^[=\s]*\d+ (?:failed|passed|errors?|failures?|problems?|warnings?|tests?|examples?)\b",
        "=== 1 failed, 3 passed in 0.71s ===",
        "2 errors",
    ),
    _harmless(
        r"^(?:Tests|Test Suites|Test Files|Snapshots|Suites|Assertions|Errors): +\S", "Tests:  1 failed, 2 total"
    ),
    _harmless(r"^(?:\[\w+\] +)?Tests run: \d+", "[ERROR] Tests run: 5, Failures: 1, Errors: 0, Skipped: 0"),
    _harmless(r"^FAILED \((?:failures|errors|unexpected)|^Ran \d+ tests?|^FAIL(?:ED)?$", "FAILED (failures=1)", "FAIL"),
    _harmless(
        r"^(?:Found|Checked) \d+ |^✖ \d+ problems?|^\s*\d+ errors? and \d+ warning", "Found 3 errors in 2 files."
    ),
    _harmless(
        r"^test result: |^(?:failures|errors):$|^=+ (?:FAILURES|ERRORS|short test|warnings)",
        "test result: FAILED. 3 passed",
    ),
    _harmless(
        r"^(?:_{3,}|-{3,}$|-{4,}|={3,}$|={4,}|- - )", "______ test_error ______", "---- tests::error stdout ----"
    ),
    _harmless(
        r"^error: (?:could not compile|aborting due to|test failed, to rerun|build failed"
        r"|doctest failed|\d+ targets? failed)"
        r"|^warning: build failed|^error: (?:subprocess-exited|metadata-gen|command '.*' failed|Recipe )"
        r"|did not run successfully\.$|╰─>",
        "error: could not compile `tariff` (lib) due to 1 previous error",
        "error: test failed, to rerun pass `--lib`",
    ),
    _harmless(
        r"\b\d+% tests passed|^The following tests FAILED|^Errors while running CTest|^\s+\d+ - \S+ \(",
        "0% tests passed, 1 tests failed out of 1",
    ),
    _harmless(
        r"^(?:collect2|clang(?:\+\+)?): error: (?:ld|linker)|ld returned \d|being treated as errors$",
        "collect2: error: ld returned 1 exit status",
    ),
    _harmless(
        r"^ninja: build stopped|^make(?:\[\d+\])?: (?:\*\*\* .*(?:Error \d+|Waiting for)|Target |Leaving )",
        "make: *** [Makefile:3: test] Error 1",
        "ninja: build stopped: subcommand failed.",
    ),
    _harmless(r"^-- Configuring incomplete|^See also ", "-- Configuring incomplete, errors occurred!"),
    _harmless(
        r"^\[ERROR\](?: *$| COMPILATION ERROR| Failures: *$| Errors: *$| -> | To see| Re-run"
        r"| For more| After correct| +mvn |.*There are test failures| BUILD"
        r"| Please refer| Failed to execute goal .*Compilation failure)",
        "[ERROR] COMPILATION ERROR : ",
        "[ERROR] -> [Help 1]",
        "[ERROR] Failed to execute goal a:compile (b) on project c: There are test failures.",
    ),
    _harmless(
        r"^\[(?:INFO|WARNING|DEBUG|warn|info)\] (?!\S+\.\w+$)", "[INFO] BUILD FAILURE", "[WARNING] error-prone is old"
    ),
    _harmless(r"^(?:BUILD FAILED|FAILURE: Build failed|Execution failed for task|> Task )", "BUILD FAILED in 3s"),
    _harmless(
        r"^\s*(?:\S+: )?(?:FAIL|evaluation failed|FAIL code \d+)\b.*(?:code \d+|:\()"
        r"|^nox > (?:Command|Session|Ran|\* )",
        "nox > Session lint failed.",
        "  evaluation failed :( (1.2 seconds)",
    ),
    _harmless(
        r"^(?:FAIL|ok)\s+\S+\s+[\d.]+s\b|^exit status \d+$|^# \S+(?: \[.*\])?$",
        "FAIL\tacme.example/stock\t0.01s",
        "# acme.example/stock",
    ),
    _harmless(
        r"^npm (?:error|ERR!)(?:$| (?:A complete log|Lifecycle|code (?:ELIFECYCLE|\d+)$|errno |path |command "
        r"|syscall |workspace |location "
        r"|Exit status|Failed at the|This is probably not|To see|If you"
        r"|node_modules|Or|Fix the|Try|Run |For a full|in workspace|in the|at location))",
        "npm error A complete log of this run can be found in: /a.log",
        "npm ERR! code ELIFECYCLE",
    ),
    _harmless(
        r"^(?:npm (?:warn|WARN|notice)|warning |yarn run|error Command failed| ?ELIFECYCLE)",
        "npm warn deprecated error@1.0.0",
    ),
    _harmless(
        r"^(?:Code style issues|Oh no!|All done!|error: cannot format due|\[warn\] Code style|x Build failed in)",
        "Oh no! 💥 💔 💥",
    ),
    _harmless(
        r"Exiting with failure status due to|^\d+ files? (?:would|already)",
        "tar: Exiting with failure status due to previous errors",
    ),
    # Notes, warnings and hints.
    _harmless(
        r"^(?:\S+:\d+:(?:\d+:)? )?(?i:hint|note|warning(?!: DATA RACE)|notice|info|debug|tip)(?:\[\w+\])?: ",
        "warning: unused variable: `error`",
        "a.c:3:5: warning: error is unused",
    ),
    # Source that is shown, and frames.
    _harmless(r"^\s*(?:>\s*)?\d+ ?(?:\||│)|^\s*\|\s", "> 12 |   throw new Error('x')"),
    _harmless(
        r"^\s+at (?:async )?\S+(?:\s|$)|^\s+\.\.\. \d+ more|^\s*❯ |^\s+File \"|^\s+from \S+:\d+",
        "    at error (src/cart.js:8:13)",
        '  File "a.py", line 3, in error',
    ),
    _harmless(
        r"^>  |^\s*\^[\^~ ]*$|^    ?(?:raise|throw|return|assert|except|catch) ",
        ">       raise ValueError('x')",
        "    raise ValueError('x')",
    ),
    _harmless(
        r"^\s*(?:\+{1,4} )?(?:echo|set -|Running command |Entering phase )",
        "+ echo failed",
        "Running command ./deploy.sh --fail",
    ),
)
# Records of logging: an error that was handled, most often.
LOGGED = re.compile(
    r"^(?:[\d<][\d:.,TZ/+ <>-]{7,40}\[?(?:ERROR|CRITICAL|WARNING|WARN|INFO|DEBUG|error|warn|info|debug|SEVERE|FATAL)\b"
    r"|^\[?(?:ERROR|CRITICAL|WARNING|WARN|INFO|DEBUG|error|warn|info|debug|SEVERE)\b\]?"
    r"(?:\s+[\w.-]+:[\w.-]+:\d+ |:[\w.-]+:| {2,}[\w.-]+ |\s+\[[\w. -]+\] | \([\w. -]+\) ))"
)
LOGGED_EXAMPLES = (
    "ERROR    shop.pay:pay.py:12 could not charge",
    "ERROR:root:could not charge",
    "2026/11/27 19:38:57 ERROR cannot take 1",
)
