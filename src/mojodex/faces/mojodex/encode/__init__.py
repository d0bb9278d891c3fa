"""From the domains' views to the JSON objects of this wire."""
