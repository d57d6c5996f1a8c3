"""How a worker process serves: a loop reads requests and drains answers, threads only ever see whole ones."""
