"""What travels on v1: strict inputs, closed outputs, notices discriminated by their type."""
