"""Ends of logs as compilers, linters and test runners print them, made up. The line marked with >> is the cause."""

from __future__ import annotations

IN_CODE = {
    "pytest": """
tests/test_error.py::test_error_is_logged PASSED                         [ 50%]
tests/test_pay.py::test_sum FAILED                                       [100%]
=================================== FAILURES ===================================
___________________________________ test_sum ___________________________________
    def test_sum():
>       assert total([1, 2]) == 4, "error in total"
>>E       AssertionError: error in total
E       assert 3 == 4
E        +  where 3 = total([1, 2])
tests/test_pay.py:4: AssertionError
----------------------------- Captured log call ------------------------------
ERROR    shop.pay:pay.py:12 could not charge: connection refused
=========================== short test summary info ============================
FAILED tests/test_pay.py::test_sum - AssertionError: error in total
========================= 1 failed, 1 passed in 0.12s ==========================
""",
    "pytest cannot import": """
==================================== ERRORS ====================================
_____________________ ERROR collecting tests/test_pay.py ______________________
ImportError while importing test module '/src/tests/test_pay.py'.
Hint: make sure your test modules/packages have valid Python names.
Traceback:
tests/test_pay.py:1: in <module>
    from shop.pay import total
>>E   ImportError: cannot import name 'total' from 'shop.pay' (/src/shop/pay.py)
!!!!!!!!!!!!!!!!!!!! Interrupted: 1 error during collection !!!!!!!!!!!!!!!!!!!!
=============================== 1 error in 0.21s ===============================
""",
    "pytest is told a file that is not there": """
============================= test session starts ==============================
collected 0 items
============================ no tests ran in 0.01s =============================
>>ERROR: file or directory not found: tests/integration
""",
    "python raises while handling": """
Traceback (most recent call last):
  File "/src/a.py", line 3, in load
    return cache["error"]
KeyError: 'error'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/src/a.py", line 9, in <module>
    load()
>>shop.errors.Unavailable: no rates for today
Exception ignored in: <function Pool.__del__ at 0x7f>
""",
    "python runs a command": """
Traceback (most recent call last):
  File "/src/build.py", line 3, in <module>
    main()
>>FileNotFoundError: [Errno 2] No such file or directory: 'protoc'
Traceback (most recent call last):
  File "/src/all.py", line 3, in <module>
    run("build.py")
subprocess.CalledProcessError: Command '['build.py']' returned non-zero exit status 1.
""",
    "unittest": """
test_error (tests.A.test_error) ... ok
test_sum (tests.A.test_sum) ... FAIL
======================================================================
FAIL: test_sum (tests.A.test_sum)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/src/tests.py", line 4, in test_sum
    self.assertEqual(3, 4)
>>AssertionError: 3 != 4
----------------------------------------------------------------------
Ran 2 tests in 0.001s
FAILED (failures=1)
""",
    "jest": """
PASS test/errors.test.js
  ● Console
    console.error
      Error: unknown discount code
          at discount (src/cart.js:8:13)
FAIL test/cart.test.js
  ✓ keeps the error (2 ms)
  ✕ sums (5 ms)
  ● cart › sums

>>    expect(received).toBe(expected) // Object.is equality

    Expected: 4
    Received: 3

      10 |   const error = total();
    > 11 |   expect(total()).toBe(4);
      at Object.toBe (test/cart.test.js:11:19)
Test Suites: 1 failed, 1 passed, 2 total
Tests:       1 failed, 1 passed, 2 total
npm error Lifecycle script `test` failed with error:
npm error code 1
npm error path /src
""",
    "vitest": """
 ✓ src/errors.test.ts (3 tests) 4ms
 ❯ src/cart.test.ts (2 tests | 1 failed) 12ms
⎯⎯⎯⎯⎯⎯⎯ Failed Tests 1 ⎯⎯⎯⎯⎯⎯⎯
 FAIL  src/cart.test.ts > cart > sums
>>AssertionError: expected 3 to be 4 // Object.is equality
 ❯ src/cart.test.ts:11:19
 Test Files  1 failed | 1 passed (2)
""",
    "mocha": """
  2 passing (12ms)
  1 failing
  1) cart
       sums:
>>      AssertionError [ERR_ASSERTION]: 3 == 4
      at Context.<anonymous> (test/cart.js:11:12)
""",
    "node": """
/src/server.js:12
  throw new Error("no error handler");
  ^
>>TypeError: Cannot read properties of undefined (reading 'id')
    at start (/src/server.js:12:9)
    at node:internal/main:1:1
Node.js v22.1.0
""",
    "tsc": """
> tsc -p .
>>src/a.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.
src/b.ts(9,1): error TS2304: Cannot find name 'error'.
Found 2 errors in 2 files.
""",
    "webpack": """
assets by status 1 KiB [cached] 1 asset
ERROR in ./src/index.js 3:0-30
>>Module not found: Error: Can't resolve './rates' in '/src/src'
webpack 5.9.0 compiled with 1 error in 120 ms
""",
    "esbuild": """
>>✘ [ERROR] Could not resolve "./rates"

    src/index.js:3:20:
      3 │ import { rate } from './rates'
1 error
""",
    "eslint": """
/src/a.js
  3:1  warning  Unexpected console statement  no-console
>>  12:5  error    'total' is not defined        no-undef

✖ 2 problems (1 error, 1 warning)
""",
    "maven tests": """
[INFO] Running com.acme.ErrorTest
[ERROR] Tests run: 2, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 0.1 s <<< FAILURE! -- in com.acme.InvoiceTest
[ERROR] com.acme.InvoiceTest.total -- Time elapsed: 0.012 s <<< FAILURE!
>>org.opentest4j.AssertionFailedError: expected: <3> but was: <4>
	at org.junit.jupiter.api.AssertionUtils.fail(AssertionUtils.java:55)
[ERROR] Failures:
[ERROR]   InvoiceTest.total:12 expected: <3> but was: <4>
[ERROR] Tests run: 2, Failures: 1, Errors: 0, Skipped: 0
[INFO] BUILD FAILURE
[ERROR] Failed to execute goal a:surefire:3.2.5:test (default-test) on project b: There are test failures.
[ERROR] -> [Help 1]
""",
    "maven compiler": """
[WARNING] /src/main/java/A.java:[3,1] [deprecation] error() in B has been deprecated
[INFO] -------------------------------------------------------------
[ERROR] COMPILATION ERROR :
[INFO] -------------------------------------------------------------
>>[ERROR] /src/main/java/A.java:[25,47] cannot find symbol
  symbol:   variable name
[INFO] 1 error
[ERROR] Failed to execute goal a:compile (default) on project b: Compilation failure
[ERROR] /src/main/java/A.java:[25,47] cannot find symbol
""",
    "gradle": """
> Task :app:compileJava FAILED
FAILURE: Build failed with an exception.

* What went wrong:
Execution failed for task ':app:compileClasspath'.
>>> Could not find com.acme:money:9.9.

* Try:
> Run with --info or --debug option to get more log output.
BUILD FAILED in 3s
""",
    "kotlin": """
w: file:///src/A.kt:2:3 error is deprecated
>>e: file:///src/A.kt:12:3 Unresolved reference: total
""",
    "java raises": """
Exception in thread "main" java.lang.RuntimeException: could not start
	at com.acme.Main.main(Main.java:3)
>>Caused by: java.net.BindException: Address already in use
	at java.base/sun.nio.ch.Net.bind0(Native Method)
	... 3 more
""",
    "go test": """
ok  	acme.example/errors	0.01s
--- FAIL: TestSum (0.00s)
>>    sum_test.go:12: got 3, want 4
FAIL
FAIL	acme.example/sum	0.01s
FAIL
""",
    "go test that tells all": """
=== RUN   TestError
    sum_test.go:5: error is kept
--- PASS: TestError (0.00s)
=== RUN   TestSum
2026/11/27 19:38:57 ERROR cannot take 1 of ink
>>    sum_test.go:12: got 3, want 4
--- FAIL: TestSum (0.00s)
=== RUN   TestLater
    sum_test.go:22: failed before
--- PASS: TestLater (0.00s)
FAIL
""",
    "go panics": """
--- FAIL: TestSum (0.00s)
>>panic: runtime error: index out of range [3] with length 3 [recovered]
goroutine 6 [running]:
testing.tRunner.func1.2({0x1, 0x2})
FAIL	acme.example/sum	0.01s
""",
    "go build": """
go: downloading acme.example/errors v1.2.3
# acme.example/sum
>>./sum.go:3:5: undefined: total
./sum.go:9:5: too many errors
""",
    "cargo build": """
warning: unused variable: `error`
 --> src/lib.rs:3:9
>>error[E0308]: mismatched types
 --> src/lib.rs:12:5
error: aborting due to 1 previous error; 1 warning emitted
For more information about this error, try `rustc --explain E0308`.
error: could not compile `tariff` (lib) due to 1 previous error; 1 warning emitted
""",
    "cargo test": """
test tests::fails_for_error ... ok
test tests::sums ... FAILED
failures:
---- tests::sums stdout ----
>>thread 'tests::sums' panicked at src/lib.rs:44:9:
assertion `left == right` failed
  left: 3
 right: 4
test result: FAILED. 1 passed; 1 failed; 0 ignored
error: test failed, to rerun pass `--lib`
""",
    "gcc": """
a.c:3:5: warning: unused variable 'error' [-Wunused-variable]
>>a.c:9:12: error: expected ';' before '}' token
a.c:12:1: error: expected declaration
make: *** [Makefile:3: a.o] Error 1
""",
    "linker": """
/usr/bin/ld: a.o: in function `main':
>>a.c:(.text+0x1d): undefined reference to `sum'
collect2: error: ld returned 1 exit status
make[1]: *** [Makefile:3: app] Error 1
make: *** [Makefile:9: all] Error 2
""",
    "make": """
gcc -c error.c
>>make: *** No rule to make target 'sum.c', needed by 'sum.o'.  Stop.
""",
    "cmake": """
-- Looking for error.h - not found
CMake Error at CMakeLists.txt:4 (find_package):
>>  By not providing "FindMoney.cmake" in CMAKE_MODULE_PATH this project has asked CMake to find it.
-- Configuring incomplete, errors occurred!
""",
    "googletest": """
[ RUN      ] ErrorTest.Kept
[       OK ] ErrorTest.Kept (0 ms)
>>sum_test.cc:12: Failure
Expected equality of these values:
  sum(1, 2)
[  FAILED  ] SumTest.Sums (0 ms)
 1 FAILED TEST
""",
    "sanitizer": """
=================================================================
>>==12==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010
    #0 0x55d in main a.c:9
SUMMARY: AddressSanitizer: heap-use-after-free a.c:9 in main
""",
    "dotnet": """
/src/Error.cs(2,5): warning CS0168: The variable 'error' is declared but never used
>>/src/Sum.cs(3,5): error CS0103: The name 'total' does not exist in the current context
    1 Error(s)
""",
    "rspec": """
  1) Cart sums
>>     Failure/Error: expect(cart.total).to eq(4)
       expected: 4
            got: 3
     # ./spec/cart_spec.rb:5:in `block (2 levels) in <top (required)>'
3 examples, 1 failure
""",
    "flake8": """
>>./shop/pay.py:4:1: F401 'os' imported but unused
./shop/pay.py:9:80: E501 line too long (81 > 79 characters)
""",
    "black": """
>>would reformat /src/shop/pay.py
Oh no! 💥 💔 💥
1 file would be reformatted, 12 files would be left unchanged.
""",
}
