"""Bad inputs by their number in the reliability bar: each is answered cleanly, and no other team's item changes."""
