"""Every query of the executions domain. Private: services call it, nobody else."""
