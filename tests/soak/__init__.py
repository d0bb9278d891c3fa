"""The soak: real processes under a random schedule of trouble, and a count of what went wrong.

`make soak` runs it, with and without Redis. `plan` draws the schedule from a seed, `site` holds the
processes, `gates` the network between them, `injector` does what is planned, `windows` are the
clients, `talk` says things, `ledger` compares what was said with what is stored and what was seen,
`recovery` measures by the `signs` that something goes on, `report` tells.
"""
