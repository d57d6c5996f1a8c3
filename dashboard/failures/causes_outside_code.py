"""How package managers, services and operating systems say what is wrong, and how builds are ended from outside."""

from __future__ import annotations

from dashboard.failures.pattern_of_cause import CausePattern, Level, heading, of, says, summary


def ended(regex: str, *examples: str) -> CausePattern:
    return of(Level.ENDED, regex, *examples)


def reason(regex: str, *examples: str) -> CausePattern:
    return of(Level.REASON, regex, *examples)


MEMORY = (
    ended(
        r"(?:line \d+: +\d+ |^\s*(?:\[\d\]\+? +)?)Killed\b",
        "run.sh: line 1: 22428 Killed                  python load.py",
        "Killed",
    ),
    ended(
        r"heap out of memory|Allocation failed - JavaScript",
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
    ),
    ended(r"\bOutOfMemoryError\b|GC overhead limit exceeded", "java.lang.OutOfMemoryError: Java heap space"),
    ended(r"\bOOM-?[Kk]ill|\boom-kill|\bOut of memory: Kill", "container api was OOMKilled"),
    ended(r"\bstd::bad_alloc\b|virtual memory exhausted", "  what():  std::bad_alloc"),
    ended(
        r"^(?:fatal error|cc1plus|cc1): out of memory",
        "fatal error: out of memory",
        "cc1plus: out of memory allocating 65536 bytes",
    ),
    ended(
        r"^make(?:\[\d+\])?: \*\*\* \[.*\] Killed|signal: (?:9, SIGKILL: )?kill",
        "make: *** [Makefile:3: a] Killed",
        "signal: killed",
    ),
    ended(
        r"^(?:npm error |npm ERR! )?signal SIGKILL|was killed with SIGKILL",
        "Command was killed with SIGKILL (Forced termination): jest",
    ),
    says(r"\bMemoryError\b|Cannot allocate memory|\bENOMEM\b", "MemoryError", "fork: Cannot allocate memory"),
    says(r"memory allocation of \d+ bytes failed", "memory allocation of 80000 bytes failed"),
    summary(
        r"(?i)\bout of memory\b|memory limit|\bexit(?:ed)?(?: with)?(?: exit)? ?(?:code|status)?:? 137\b",
        "exit code 137",
    ),
)
TIME = (
    ended(
        r"exceeded the maximum execution time|exceeded the maximum time limit",
        "Error: The action 'Test' has exceeded the maximum execution time of 5 minutes.",
    ),
    of(Level.CANCELLED, r"^(?:Error: )?The operation was cance", "Error: The operation was canceled."),
    ended(
        r"BUILD_TIMED_OUT|\bBuild has timed out",
        "Phase context status code: BUILD_TIMED_OUT Message: Build has timed out.",
    ),
    ended(r"^panic: test timed out after", "panic: test timed out after 10m0s"),
    ended(
        r"lost communication with the server|received a shutdown signal", "The runner has received a shutdown signal."
    ),
    says(r"(?:line \d+: +\d+ |^\s*)Terminated\b", "run.sh: line 3: 12 Terminated              ./serve"),
    says(r"^timeout: sending signal", "timeout: sending signal TERM to command './wait.sh'"),
    reason(
        r"(?i)\btimed[ _-]?out\b|\btime-?out (?:of|after|exceeded|reached|expired)|\bETIMEDOUT\b|deadline exceeded",
        "Timed out after 30 s",
    ),
    reason(r"(?i)\b(?:giving up|gave up|no lock on) ", "giving up after 5 attempts"),
)
NPM = (
    says(
        r"^npm (?:error|ERR!) (?:404 |notarget |engine |Missing script|Missing: |Invalid: |.{0,20}`npm ci`|ERESOLVE "
        r"|JSON\.parse |.* integrity checksum failed|Could not resolve dependency)",
        'npm error Missing script: "test:unit"',
        "npm error notarget No matching version found for left-pad@^9.9.9.",
        "npm ERR! 404 Not Found - GET https://registry.npmjs.org/acme",
    ),
    summary(r"^npm (?:error|ERR!) \S", "npm error Unsupported URL Type"),
    says(
        r"^(?:error )?Couldn't find (?:any versions|package)|^error Your lockfile needs",
        'error Couldn\'t find package "acme" on the "npm" registry.',
    ),
    says(
        r"^➤ YN\d{4}: .*(?:Error|can't|cannot|couldn't|modified)",
        "➤ YN0028: │ The lockfile would have been modified by this install",
    ),
    says(r"\bERR_PNPM_\w+", ' ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile"'),
    summary(
        r"^error (?!Command failed|during build)[A-Z\"'`]",
        'error An unexpected error occurred: "https://registry.example"',
    ),
)
PIP = (
    says(
        r"^ERROR: (?:Could not find a version|No matching distribution|Cannot install|THESE PACKAGES|Could not open"
        r"|Invalid requirement|Hashes are required|Package '.*' requires a different|Could not install packages"
        r"|Could not build wheels|Directory '.*' is not installable|.* is not a (?:valid|supported) wheel)",
        "ERROR: No matching distribution found for left-pad==9",
        "ERROR: Cannot install -r requirements.txt (line 1) and urllib3==1.20 because these package versions",
    ),
    says(
        r" has requirement .*, but you have |^\S+ \S+ requires .*, which is not installed",
        "requests 2.31.0 has requirement idna<4,>=2.5, but you have idna 2.1.",
    ),
    says(
        r"^\s*(?:╰─▶ )?Because .*(?:depends on|requires|we can conclude|no versions? of)",
        "Because no versions of b match >2 and a depends on b (>2)",
    ),
    summary(
        r"No solution found when resolving|version solving failed", "  × No solution found when resolving dependencies:"
    ),
    summary(
        r"^ERROR: (?:Failed building|Failed to build|ResolutionImpossible)", "ERROR: Failed building wheel for lxml"
    ),
    heading(
        r"^ERROR: pip's dependency resolver", "ERROR: pip's dependency resolver does not currently take into account"
    ),
    says(
        r"Bundler could not find|^Could not find gem |^Could not find .* in (?:any|locally)",
        "Could not find gem 'b (= 9)' in rubygems repository",
    ),
)
CONTAINERS = (
    says(
        r"Cannot connect to the Docker daemon|^(?:docker: )?Error response from daemon: ",
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock.",
    ),
    says(
        r"pull access denied|requested access to the resource is denied|manifest unknown"
        r"|^toomanyrequests: |^unauthorized: ",
        "denied: requested access to the resource is denied",
    ),
    says(
        r"failed to (?:compute|calculate) cache key|dockerfile parse error|unknown instruction: "
        r"|failed to read dockerfile",
        "ERROR: failed to solve: dockerfile parse error on line 3: unknown instruction: RUNN",
    ),
    says(
        r"^dependency failed to start: |^container \S+ (?:is unhealthy|exited)",
        "dependency failed to start: container shop-db-1 is unhealthy",
    ),
    says(r"port is already allocated", "Bind for 0.0.0.0:5432 failed: port is already allocated"),
    heading(
        r"^ERROR: failed to solve: process ",
        'ERROR: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 2',
    ),
    summary(r"^ERROR: failed to solve: ", "ERROR: failed to solve: acme/base:9: not found"),
    says(
        r"^(?:Error from server|error validating data|The \w+ \".*\" is invalid:)",
        "Error from server (Forbidden): pods is forbidden",
    ),
    says(
        r"^(?:[│╷|] )?Error: (?:Unsupported|Invalid|Reference|Missing|Inconsistent|Error acquiring)",
        "│ Error: Unsupported argument",
    ),
    says(
        r"^An error occurred \(\w+\) when calling ",
        "An error occurred (AccessDenied) when calling the PutObject operation: Access Denied",
    ),
)
GIT = (
    says(r"^\s*! \[(?:remote )?rejected\]", " ! [rejected]        main -> main (non-fast-forward)"),
    says(r"^CONFLICT \(", "CONFLICT (content): Merge conflict in shop/pay.py"),
    says(
        r"^remote: (?:error|fatal): |^error: (?:pathspec|patch failed|Your local changes)",
        "remote: error: GH006: Protected branch update failed",
    ),
    says(r"Permission denied \(publickey", "git@github.com: Permission denied (publickey)."),
    heading(r"^fatal: Could not read from remote", "fatal: Could not read from remote repository."),
    heading(r"^error: failed to push some refs", "error: failed to push some refs to 'https://example.com/a.git'"),
    reason(r"^fatal: ", "fatal: No names found, cannot describe anything."),
)
SERVICES = (
    says(r"^(?:psql:.{0,80}: )?(?:ERROR|FATAL|PANIC): {2}\S", 'psql:a.sql:3: ERROR:  relation "orders" does not exist'),
    says(r"^ERROR \d{4} \(\w{5}\)", "ERROR 1045 (28000): Access denied for user 'shop'@'localhost'"),
    says(
        r"^(?:Runtime error|Parse error|Error: near line|Error: in prepare)",
        "Parse error near line 3: no such column: b",
    ),
    says(
        r"(?i)migration checksum mismatch|password authentication failed|Validate failed: ",
        'FATAL: password authentication failed for user "a"',
    ),
    says(r"\bEADDRINUSE\b|\b[Aa]ddress already in use\b", "Error: listen EADDRINUSE: address already in use :::3000"),
    says(
        r"No space left on device|\bENOSPC\b|Disk quota exceeded|database or disk is full",
        "OSError: [Errno 28] No space left on device",
    ),
    says(
        r"[Cc]ould not resolve host|Temporary failure in name resolution|\bEAI_AGAIN\b|Name or service not known",
        "curl: (6) Could not resolve host: a.example",
    ),
    reason(
        r"\bECONN(?:REFUSED|RESET)\b|(?i:connection (?:refused|reset))|could not connect to ",
        "connect ECONNREFUSED 127.0.0.1:5433",
    ),
    reason(
        r"\bcertificate (?:verify failed|has expired)|SSL_ERROR|x509: ", "x509: certificate signed by unknown authority"
    ),
    reason(r"\b(?:401 Unauthorized|403 Forbidden|404 Not Found|50[0234] \w)", "HTTP 403 Forbidden"),
    reason(r"^curl: \(\d+\) ", "curl: (22) The requested URL returned error: 404"),
)
SHELL = (
    says(
        r"command not found$|^(?:/\S+/)?(?:sh|bash|dash|zsh): (?:\d+|line \d+): \S+: not found$",
        "deploy.sh: line 3: uploadd: command not found",
        "sh: 1: jest: not found",
    ),
    says(r"^\S+: (?:line )?\d+: (?!\s*\d+ )\S", "./deploy.sh: line 9: ./upload.sh: Permission denied"),
    says(
        r"(?:unbound variable|parameter (?:null or )?not set|[Bb]ad substitution)$",
        "deploy.sh: line 4: TOKEN_NAME: unbound variable",
    ),
    says(
        r"Segmentation fault|\(core dumped\)|Bus error|Illegal instruction",
        "run.sh: line 1: 12 Segmentation fault (core dumped) ./app",
    ),
    reason(
        r"^(?:\w[\w.+-]*|/\S+): (?:.*: )?(?:[Cc]annot|can't"
        r"|[Uu]nable to|[Ff]ailed to|unrecognized|invalid|illegal|unknown) ",
        "tar: dists: Cannot stat: No such file or directory",
        "cp: cannot stat 'dist': No such file or directory",
    ),
    reason(
        r"(?i)permission denied|\bEACCES\b|operation not permitted|read-only file system|access ?denied",
        "open a.txt: Permission denied",
    ),
    reason(
        r"No such file or directory|\bENOENT\b|Is a directory|Not a directory|Exec format error|Text file busy",
        "cat: a.txt: No such file or directory",
    ),
    reason(
        r"Too many open files|Argument list too long|Broken pipe|\bEMFILE\b",
        "OSError: [Errno 24] Too many open files: 'a'",
    ),
)
# What is left: words, and names of exceptions.
ANY = (
    of(
        Level.RAISED,
        r"^\s*(?:[\w$]+\.)*(?:AssertionError|AssertionFailedError|ComparisonFailure)\b",
        "org.opentest4j.AssertionFailedError: expected: <3>",
        "AssertionError",
    ),
    of(
        Level.RAISED,
        r"^(?:Caused by: |Exception in thread \".*\" |Uncaught |Unhandled exception\. )(?:[\w$]+\.)*[A-Z]\w+",
        'Exception in thread "main" java.lang.IllegalStateException: b',
    ),
    summary(
        r"^\s*(?:[\w$]+\.)*[A-Z]\w*(?:Error|Exception|Failure|Expired|Interrupt)(?: \[\w+\])?: \S",
        "sqlite3.OperationalError: no such table: orders",
    ),
    of(
        Level.SHAPED,
        r"^\s*(?:error|ERROR|fatal|FATAL|Fatal|Error|panic|PANIC|CRITICAL)\b ?(?:\[\w+\])?[:!]",
        "ERROR: the release is not signed",
    ),
    of(Level.SHAPED, r"^\s*(?:✗|✘|×|✖|❌|🔴) ?\S", "✗ licence of left-pad is not allowed"),
    of(Level.SHAPED, r": (?:error|ERROR|fatal|Error): ", "deploy: error: no such environment"),
    of(
        Level.WORD,
        r"(?i)\b(?:errors?|exception|fatal|failed|failure|failing|fails|panic(?:ked)?|assert(?:ion)?|not found"
        r"|cannot|can't|could not|couldn't|unable to|denied|refused|timed? ?out"
        r"|invalid|missing|unknown|undefined"
        r"|unsupported|not allowed|rejected|aborted|mismatch|too (?:many|large|long)|does not|doesn't|must (?:be|not)"
        r"|required|broken|unexpected|no such|not ready)\b",
        "The release is not found",
    ),
    of(Level.WORD, r"\b[A-Z]\w{0,60}(?:Error|Exception)\b", "caught ValueError while parsing"),
)
FAMILIES = (MEMORY, TIME, NPM, PIP, CONTAINERS, GIT, SERVICES, SHELL, ANY)
