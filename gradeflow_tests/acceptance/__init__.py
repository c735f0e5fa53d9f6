"""What the project promises its users, checked from outside: real commands, real HTTP, an independent script."""
