"""What people type, cleaned: a file for each noun."""
