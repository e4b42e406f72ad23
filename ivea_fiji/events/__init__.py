"""Plain data of events, and what makes events of classified candidates."""
