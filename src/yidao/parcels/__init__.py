"""Parcels, scans, milestones and anomalies: the monitoring tables, their queries and their sweeps."""
