"""Networks, the folders they are kept in, and what runs them."""
