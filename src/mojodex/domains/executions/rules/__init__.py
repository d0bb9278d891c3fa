"""Pure rules of executions: what a form may hold, what an answer means, where a run stands."""
