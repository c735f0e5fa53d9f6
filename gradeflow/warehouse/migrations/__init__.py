"""How a warehouse of any age becomes one of today; each revision is frozen once it was released."""
