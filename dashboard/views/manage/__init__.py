"""For those who run teams: administrators everywhere, managers in their own."""
