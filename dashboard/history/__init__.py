"""What tools remember: their past runs read by API, newest first, and runs whose end was not told looked up there."""
