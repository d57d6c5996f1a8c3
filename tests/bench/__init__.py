"""The benchmarks behind `make bench`. Everything runs on this machine and speaks to 127.0.0.1 only."""
