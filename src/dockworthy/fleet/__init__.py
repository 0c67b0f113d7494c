"""Many hosts, each judged by itself: the same checks and the same records as in pytest, without an item per result.

A host is seen, judged and written, and nothing of it is kept. `judge` is the way of one host, `alike` what it takes
from hosts that are like it, `shard` that of some hosts in one process, `workers` that of several processes, `tally`
what is counted as the hosts pass by, `run` the whole.
"""
