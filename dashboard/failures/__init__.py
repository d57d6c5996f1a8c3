"""From the log of a job that failed to the few lines that say why. Pure: text in, text out."""
