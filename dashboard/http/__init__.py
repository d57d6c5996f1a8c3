"""What is decided of a request or an answer by its head alone, whatever it is about."""
