"""One logical execution as each tool tells of it: a run of `till` on its default branch, whose acceptance stage fails,
is run again and lets production through. Minutes are before the clock of tests.

| | attempt 1 | attempt 2 |
|---|---|---|
| run | 30 to 23, failed | 20 to 11, succeeded |
| build | 30 to 27, succeeded | |
| acceptance | 27 to 23, failed | 20 to 15, succeeded |
| deploy production | | 15 to 11, succeeded |
"""
