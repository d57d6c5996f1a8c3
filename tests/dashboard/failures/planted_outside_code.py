"""Ends of logs as package managers, services and shells print them, made up. The line marked with >> is the cause."""

from __future__ import annotations

OUTSIDE_CODE = {
    "npm peers": """
npm warn deprecated error@1.0.0: fatal
npm error code ERESOLVE
>>npm error ERESOLVE unable to resolve dependency tree
npm error
npm error While resolving: shop@1.0.0
npm error Found: react@19.0.0
npm error A complete log of this run can be found in: /root/.npm/_logs/a-debug-0.log
""",
    "npm of old": """
npm ERR! code E404
>>npm ERR! 404 Not Found - GET https://registry.npmjs.org/@acme%2fmoney - Not found
npm ERR! 404
npm ERR! A complete log of this run can be found in:
""",
    "yarn": """
yarn install v1.22.22
[1/4] Resolving packages...
>>error Couldn't find any versions for "left-pad" that matches "^9.9.9"
info Visit https://yarnpkg.com/en/docs/cli/install for documentation about this command.
""",
    "pnpm": """
Scope: all 3 workspace projects
>> ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile" because pnpm-lock.yaml is not up to date
""",
    "pip": """
Collecting error==1.0
>>ERROR: Could not find a version that satisfies the requirement left-pad==9 (from versions: none)
ERROR: No matching distribution found for left-pad==9
""",
    "pip builds a wheel": """
  error: subprocess-exited-with-error
  × Building wheel for sum (pyproject.toml) did not run successfully.
  │ exit code: 1
  ╰─> [12 lines of output]
      running build_ext
>>      sum.c:3:10: fatal error: Python.h: No such file or directory
      compilation terminated.
      error: command '/usr/bin/gcc' failed with exit code 1
      [end of output]
  note: This error originates from a subprocess, and is likely not a problem with pip.
  ERROR: Failed building wheel for sum
""",
    "uv": """
  × No solution found when resolving dependencies:
>>  ╰─▶ Because there are no versions of money, we can conclude that your requirements are unsatisfiable.
""",
    "docker": """
#8 [4/5] RUN make
#8 0.312 gcc -c error.c
>>#8 0.401 sum.c:3:5: error: 'total' undeclared (first use in this function)
#8 0.402 make: *** [Makefile:3: sum.o] Error 1
#8 ERROR: process "/bin/sh -c make" did not complete successfully: exit code: 2
ERROR: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 2
""",
    "docker image": """
Unable to find image 'acme/base:9' locally
>>docker: Error response from daemon: manifest for acme/base:9 not found: manifest unknown: manifest unknown.
See 'docker run --help'.
""",
    "git merge": """
Auto-merging shop/errors.py
>>CONFLICT (content): Merge conflict in shop/pay.py
Automatic merge failed; fix conflicts and then commit the result.
""",
    "git clone": """
Cloning into 'errors'...
>>git@github.com: Permission denied (publickey).
fatal: Could not read from remote repository.
Please make sure you have the correct access rights
""",
    "psql": """
INSERT 0 1
>>psql:migrate.sql:3: ERROR:  column "error_count" of relation "orders" already exists
""",
    "port": """
starting with error budget 99.2
>>Error: listen EADDRINUSE: address already in use :::3000
    at Server.setupListenHandle [as _listen2] (node:net:1898:16)
""",
    "disk": """
adding errors.txt
>>tar: dist.tgz: Wrote only 4096 of 10240 bytes: No space left on device
tar: Error is not recoverable: exiting now
""",
    "shell": """
error budget: 12
>>./deploy.sh: line 9: kubectll: command not found
""",
    "shell without a variable": """
>>./deploy.sh: line 2: RELEASE: unbound variable
""",
    "node without memory": """
<--- Last few GCs --->
[12:0x1] 1200 ms: Mark-sweep 250.1 (252.0) -> 249.9 (252.2) MB, 12.1 / 0.0 ms  allocation failure
<--- JS stacktrace --->
>>FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory
 1: 0xb7a940 node::Abort() [node]
Aborted (core dumped)
""",
    "killed": """
chunk 1: out of memory handler armed, error budget 3
>>/home/runner/work/_temp/a.sh: line 1: 22428 Killed                  python load.py
""",
    "ended by the limit of a job": """
waiting for staging: error 503
>>Error: The job running on runner a has exceeded the maximum execution time of 5 minutes.
Error: The operation was canceled.
""",
    "go ended by its limit": """
=== RUN   TestLock
>>panic: test timed out after 10m0s
	running tests:
		TestLock (10m0s)
goroutine 17 [running]:
FAIL	acme.example/lock	600.01s
""",
    "annotation": """
checking licences
>>Error: left-pad has no licence
done with errors: see above
""",
    "words alone": """
42 licences read
>>licence of left-pad is not allowed here
see the handbook
""",
    "nothing shaped like an error": """
reading 42 licences
>>left-pad: WTFPL
""",
}
