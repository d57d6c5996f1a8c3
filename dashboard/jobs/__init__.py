"""What a process does besides answering: named jobs, each on a thread of its own. One file a job."""
