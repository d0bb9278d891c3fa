"""From views of the domains to the wire models of v1."""
