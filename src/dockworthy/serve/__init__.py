"""The last run over HTTP, to look at and to scrape; nothing can be changed.

`latest` finds the run that is the last one now, `app` answers requests with what lies there (WSGI), and `server`
listens.
"""
