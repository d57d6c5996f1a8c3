"""How compilers, linters and test runners say what is wrong."""

from __future__ import annotations

from dashboard.failures.pattern_of_cause import Level, heading, of, says, summary

PYTHON = (
    says(r"^E {3,}fixture '", "E       fixture 'clock' not found"),
    says(
        r"^(?:ERROR|FAIL|FAIL ERROR)\b:? (?:Coverage failure|Required test coverage)", "ERROR: Coverage failure: total"
    ),
    says(r"^Coverage failure: total of ", "Coverage failure: total of 80 is less than fail-under=90"),
    says(r"^(?:ERROR|Error): (?:file or directory )?not found: ", "ERROR: file or directory not found: tests/a.py"),
    says(r"^Fatal Python error: ", "Fatal Python error: Segmentation fault"),
    says(r"^worker '?gw\d+'? crashed", "worker 'gw0' crashed while running 'tests/test_a.py::test_a'"),
    summary(r"^\+{5,} Timeout \+{5,}", "+++++++++++ Timeout +++++++++++"),
    summary(r"^(?:FAILED|ERROR) \S.* - \S", "FAILED tests/test_pay.py::test_sum[a b] - assert 4 == 5"),
    summary(r"^INTERNALERROR> (?:\w+\.)*\w+(?:Error|Exception): ", "INTERNALERROR> KeyError: 'x'"),
    heading(r"^(?:FAILED|ERROR) \S+\.py(?:::\S+)?$", "FAILED tests/test_pay.py::test_sum"),
    heading(r"^(?:FAIL|ERROR): \w+ \(", "FAIL: test_sum (tests.test_pay.PayTest.test_sum)"),
    # Linters: mypy's lines are those of compilers.
    says(r"^\S+\.pyi?:\d+:(?:\d+:)? ?\[?[A-Z]{1,4}\d{3,4}\b", "app/mail.py:4:16: F821 Undefined name `User`"),
    says(r"^[A-Z]{1,4}\d{3,4} (?:\[\*\] )?\S", "F821 Undefined name `User`", "F401 [*] `os` imported but unused"),
    says(
        r"^(?:[Ww]ould reformat:? |unformatted: |error: cannot format )", "would reformat a.py", "Would reformat: a.py"
    ),
    says(
        r"^ERROR: \S+ Imports are incorrectly sorted",
        "ERROR: /src/a.py Imports are incorrectly sorted and/or formatted.",
    ),
    says(r"^\S+\.pyi?:\d+:\d+: undefined name ", "shop/tax.py:11:12: undefined name 'Money'"),
    says(r"^>> Issue: \[", ">> Issue: [B602:subprocess_popen_with_shell_equals_true] call with shell=True"),
)
JAVASCRIPT = (
    says(r"^\s*Cannot find module '.*' from '", "    Cannot find module './rates' from 'src/cart.js'"),
    says(r"^\s*expect\(.*\)\.\w", "    expect(received).toBe(expected) // Object.is equality"),
    says(r"^Jest: .*threshold .* not met", 'Jest: "global" coverage threshold for lines (80%) not met: 70%'),
    says(r"^ERROR: Coverage for \w+ \(", "ERROR: Coverage for lines (70%) does not meet global threshold (80%)"),
    says(r"^\s*thrown: \"", '    thrown: "Exceeded timeout of 5000 ms for a test.'),
    summary(r"^\s+Jest encountered an unexpected token", "    Jest encountered an unexpected token"),
    summary(r"^not ok \d+", "not ok 3 - sums"),
    heading(r"^\s*(?:✕|×|✖) (?!No solution)", "    ✕ sums (3 ms)"),
    heading(r"^\s*FAIL\s+\S+\.\w+", "FAIL test/cart.test.js", " FAIL  test/cart.test.js > cart > sums"),
    # TypeScript.
    says(r"\berror TS\d+: ", "src/main.ts(3,7): error TS2741: Property 'placed' is missing"),
    # Bundlers.
    says(r"^\s*[✘X] \[ERROR\] ", '✘ [ERROR] Could not resolve "./rates"'),
    says(r"^Module not found: ", "Module not found: Error: Can't resolve './rates' in '/src'"),
    says(r"\" is not exported by \"", 'src/index.js (2:9): "price" is not exported by "src/price.js", imported by'),
    says(
        r"^\[vite\]: |^RollupError: |^\[[\w:@/-]+\] .*(?:failed|Could not)", "[vite]: Rollup failed to resolve import"
    ),
    says(
        r"^(?:\[!\] )?\(?.{0,80}Could not resolve (?:entry module )?[\"']",
        'Could not resolve entry module "index.html".',
    ),
    summary(r"^ERROR in (?:\./)?\S", "ERROR in ./src/index.js 3:0-30"),
    # ESLint, stylelint, Prettier, Biome.
    says(r"^\s+\d+:\d+\s+(?:error|✖|×)\s", "  12:5  error  'total' is not defined  no-undef"),
    says(r"^\S+:\d+:\d+: .* \[Error/\S+\]$", "/src/a.js:1:20: Unexpected token. [Error/no-undef]"),
    says(r"^\[error\] \S.*: \w*Error: ", "[error] src/a.js: SyntaxError: Unexpected token (3:1)"),
    says(r"^\S+:\d+:\d+ (?:lint|parse|format|assist)\b.* ━+", "src/a.js:3:5 lint/suspicious/noDoubleEquals ━━━━━"),
    says(r"^ESLint couldn't find ", "ESLint couldn't find an eslint.config.(js|mjs|cjs) file."),
    summary(r"^\[warn\] \S+\.\w+$", "[warn] src/a.js"),
    summary(r"^ESLint found too many warnings", "ESLint found too many warnings (maximum: 0)."),
)
JVM = (
    says(
        r"^\[ERROR\] \S+:\[\d+(?:,\d+)?\] ", "[ERROR] /src/main/java/com/acme/Invoice.java:[25,47] cannot find symbol"
    ),
    says(
        r"^\[ERROR\] \S+\.(?:java|kt|scala|groovy):\d+", "[ERROR] src/main/java/A.java:12: Missing a Javadoc comment."
    ),
    says(
        r"^\[ERROR\] {2,}[\w$]+[\w$.>-]*(?:[:»\[]| expected)",
        "[ERROR]   InvoiceTest.total:12 expected: <3> but was: <4>",
    ),
    says(
        r"^\[ERROR\] .*(?:could not be resolved|Could not (?:resolve|find|transfer)|Non-resolvable|Unknown lifecycle"
        r"|No plugin found|Malformed POM|Non-parseable|Fatal error compiling|requires a project to execute)",
        "[ERROR] Plugin org.acme:a-plugin:3.5.1 or one of its dependencies could not be resolved: b",
        "[ERROR] Failed to execute goal on project billing: Could not resolve dependencies for project b",
    ),
    says(r"^\[ERROR\] .*(?:violations?|Rule \d+:|vulnerabilit)", "[ERROR] You have 1 Checkstyle violation."),
    says(r"^\[FATAL\] ", "[FATAL] Non-resolvable parent POM for com.acme:a:1"),
    says(r"^e: (?:file://)?/", "e: file:///src/A.kt:12:3 Unresolved reference: b"),
    says(r"^\[error\] \S+:\d+:\d+: ", "[error] /src/A.scala:3:5: not found: value b"),
    says(r"^\s*> (?:Could not (?:resolve|find|determine|get)|Task '|Plugin )", "   > Could not find com.acme:b:1.0."),
    summary(
        r"^\[ERROR\] Failed to execute goal ", "[ERROR] Failed to execute goal a:b:1:run (default) on project c: broken"
    ),
    of(Level.SHAPED, r"^\[ERROR\] \S", "[ERROR] The build could not read 1 project"),
    heading(
        r"^\[ERROR\] .*<<< (?:FAILURE|ERROR)!", "[ERROR] com.acme.ATest.total -- Time elapsed: 0.01 s <<< FAILURE!"
    ),
    heading(r"^[\w.$]+ > \S.* FAILED$", "ATest > total() FAILED"),
)
GO = (
    says(
        r"^(?:vet: )?(?:\./|\.\./)?[\w./@+~-]+\.go:\d+:\d+: ",
        "./stock.go:22:2: undefined: metrics",
        "vet: ./a.go:1:2: b",
    ),
    says(r"^panic: ", "panic: runtime error: index out of range [3] with length 3"),
    says(r"^fatal error: ", "fatal error: all goroutines are asleep - deadlock!"),
    says(r"^WARNING: DATA RACE", "WARNING: DATA RACE"),
    says(
        r"^(?:go: |[\w./-]+\.go:\d+:\d+: )?.*(?:no required module provides|missing go\.sum entry"
        r"|is not in (?:std|GOROOT)|import cycle not allowed|cannot find main module|updates to go\.mod needed"
        r"|inconsistent vendoring)",
        "main.go:4:2: no required module provides package a.example/b; to add it:",
        "go: updates to go.mod needed",
    ),
    says(
        r"^go: .*: (?:reading|invalid|unrecognized|unknown|module lookup|checksum|verifying)",
        "go: a@v1: invalid version: b",
    ),
    summary(r"^\s+testing\.go:\d+: race detected", "    testing.go:1312: race detected during execution of test"),
    of(
        Level.SHAPED, r"^go: (?!downloading|finding|extracting|added|upgraded|warning)\S", "go: cannot use path@version"
    ),
    heading(r"^\s*--- FAIL: ", "--- FAIL: TestSum (0.00s)"),
    heading(r"^FAIL\s+\S+ \[(?:build|setup) failed\]", "FAIL\tacme.example/stock [build failed]"),
)
RUST = (
    says(r"^error\[\w+\]: \S", "error[E0308]: mismatched types"),
    says(
        r"^thread '.*' (?:\(\d+\) )?(?:panicked at|has overflowed)",
        "thread 'tests::price' (6212) panicked at src/lib.rs:44:9:",
    ),
    says(r"^Diff in ", "Diff in /src/lib.rs:3:"),
    heading(r"^test .* \.\.\. FAILED", "test tests::price ... FAILED"),
)
NATIVE = (
    # gcc, clang, javac, mypy, swiftc, protoc.
    says(
        r"^\s*\S.*?:\d+:(?:\d+(?:[-:]\d+){0,3}:)? (?:fatal |internal compiler |syntax )?(?i:error)(?:\[\w+\])? ?:",
        "src/a.cc:5:9: error: unused variable 'b'",
    ),
    says(
        r"^\S.*\(\d+(?:,\d+)?\) ?: (?:fatal )?error \w+: ", "Program.cs(3,5): error CS0103: The name 'b' does not exist"
    ),
    says(
        r"(?:\s|^)(?:fatal )?error (?:[A-Z]{1,5}\d{3,5}) ?: ",
        "LINK : fatal error LNK1181: cannot open input file 'b.lib'",
    ),
    says(
        r"(?:: undefined reference to |: multiple definition of |\bcannot find -l"
        r"|\bundefined symbol: |Undefined symbols for)",
        "main.cc:(.text+0xba): undefined reference to `Queue::pop()'",
        "/usr/bin/ld: cannot find -lqueue: No such file or directory",
    ),
    says(r"internal compiler error", "gcc: internal compiler error: Segmentation fault signal terminated program cc1"),
    says(r"^\w+: (?:fatal )?error: (?!ld returned)", "cc1plus: error: unrecognized command-line option '-Wnone'"),
    says(
        r"\*\*\* (?:No rule to make target|missing separator|multiple target|Recursive variable)",
        "make: *** No rule to make target 'a.o', needed by 'b'.  Stop.",
    ),
    says(r"^(?:\S+:\d+: )?\*\*\* .*Stop\.$", "Makefile:3: *** missing separator.  Stop."),
    says(
        r"^make(?:\[\d+\])?: \*\*\* \[.*\] (?:Segmentation fault|Aborted|Bus error|Floating|Illegal)",
        "make: *** [Makefile:6: test] Segmentation fault",
    ),
    says(
        r"^make(?:\[\d+\])?: \S+: (?:No such file|Permission denied|Command not found)",
        "make: gcc: No such file or directory",
    ),
    says(r"^CMake Error: ", "CMake Error: The source directory does not exist."),
    says(r"^\s*Could NOT find \w+", "  Could NOT find OpenSSL (missing: OPENSSL_LIBRARIES)"),
    says(r"^\S+\.build:\d+:\d+: ERROR: ", 'meson.build:3:0: ERROR: Dependency "b" not found'),
    says(r"^ninja: error: ", "ninja: error: 'b', needed by 'a', missing and no known rule to make it"),
    summary(r"^CMake Error at ", "CMake Error at CMakeLists.txt:4 (add_library):"),
    # Tests.
    says(r"Assertion [`'\"].*['\"] failed", "a: test.c:10: main: Assertion `b == 3' failed."),
    says(
        r"^\S+:\d+:(?:\d+:)? (?:Failure|check failed|CHECK failed|FAILED)",
        "test.cc:12: Failure",
        "t.c:10: check failed: b",
    ),
    says(r"^\S+\(\d+\): (?:error|Failure|FAILED)\b", "test.cc(12): error: Value of: b"),
    says(r"^==\d+==\s?ERROR: ", "==12==ERROR: AddressSanitizer: heap-use-after-free on address 0x1"),
    says(r"^\S+:\d+:\d+: runtime error: ", "a.c:3:5: runtime error: signed integer overflow"),
    says(r"^terminate called after throwing", "terminate called after throwing an instance of 'std::out_of_range'"),
    says(
        r"^\*\*\* stack smashing detected|^(?:free|malloc|realloc|double free).*: (?:invalid|corrupt)",
        "free(): invalid pointer",
    ),
    says(r"^\s*what\(\):  ", "  what():  vector::_M_range_check"),
    says(r"Test +#\d+: .*\*\*\*(?:Timeout|Exception)", "1/4 Test #1: distance ....***Timeout   3.02 sec"),
    heading(r"Test +#\d+: .*\*\*\*(?:Failed|Not Run)", "2/4 Test #2: area ....***Failed    0.00 sec"),
)
OTHERS = (
    says(r"^\s*Failure/Error: ", "     Failure/Error: expect(b).to eq(3)"),
    summary(r"^rspec \./\S+ # ", "rspec ./spec/b_spec.rb:3 # B sums"),
    says(r"^(?:PHP )?(?:Fatal|Parse) error: ", "PHP Fatal error:  Uncaught Error: Call to undefined function b()"),
    says(r"^Failed asserting that ", "Failed asserting that 3 matches expected 4."),
    says(r"^\*\* \((?:\w+\.)*\w+Error\)", "** (CompileError) lib/b.ex:3: undefined function c/0"),
    # Any linter: place, then words.
    summary(
        r"^(?:\./)?[\w@+~-][\w./@+~-]*\.\w{1,5}:\d+(?::\d+)?:? (?!warning|note|info)\S",
        "docs/a.md:3 MD013/line-length Line length",
    ),
    says(r"^In \S+ line \d+:$", "In bundle.sh line 8:"),
    summary(r"\bSC\d{4} \((?:error|warning|info|style)\): ", "    ^-- SC2086 (info): Double quote to prevent globbing"),
    summary(r"^Error: .*\S", "Error: 3 packages need an update"),
)
FAMILIES = (PYTHON, JAVASCRIPT, JVM, GO, RUST, NATIVE, OTHERS)
