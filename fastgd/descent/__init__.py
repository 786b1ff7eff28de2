"""How the objective is descended."""
