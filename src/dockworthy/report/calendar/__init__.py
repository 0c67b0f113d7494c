"""The calendar of certificates: each of a fleet once, when it ends, and who depends on it."""

from __future__ import annotations

from dockworthy.report.calendar.calendar import Calendar, calendar_of
from dockworthy.report.calendar.endings import Dependents, Ending

__all__ = ["Calendar", "Dependents", "Ending", "calendar_of"]
