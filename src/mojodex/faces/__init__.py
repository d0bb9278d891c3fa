"""Wire formats: each face is an application of its own above `edge`; faces are strangers."""
