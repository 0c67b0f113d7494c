"""What watches the metrics of ``--report prometheus``: Prometheus' alert rules and a dashboard for Grafana.

Both are made of the names under which the metrics are written: a metric that is renamed is renamed here as well.
"""
