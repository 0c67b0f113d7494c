"""Who is told of what a run changed: a webhook, Slack, Teams, a mailbox, a command; each of it once.

`destinations` reads ``--notify``, `changes` compares a run with what was told last, `message` is what is told,
`forms` puts it as its reader wants it, `spool` keeps it until it was taken, and `sending` sends it. `telling` is the
way through.
"""
