"""Every query of the chat domain. Private: services call it, nobody else."""
