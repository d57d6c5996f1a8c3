"""A made-up organisation whose CI tools post real webhooks: for looking at the product with something in it."""
