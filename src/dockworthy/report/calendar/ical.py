"""The calendar as iCalendar (RFC 5545), for the calendars that people look at."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from dockworthy import __version__
from dockworthy.errors import UsageError
from dockworthy.report.calendar.words import about, name_of, told
from dockworthy.report.words import listed, quantity

if TYPE_CHECKING:
    from typing import BinaryIO

    from dockworthy.report.calendar.calendar import Calendar
    from dockworthy.report.calendar.endings import Ending

__all__ = ["refuse_without_library", "write_ical"]

ALARMS = (30, 7)  # days before
_HOSTS = 20  # that are named of what depends; of more the rest is counted
_PLACES = 5


def refuse_without_library() -> None:
    """`UsageError` where what writes it is not installed."""
    try:
        import icalendar  # noqa: F401, PLC0415 - only asked whether it is there
    except ImportError:
        raise UsageError(
            "--format ics: the library icalendar is not installed; pip install 'dockworthy[calendar]'."
        ) from None


def write_ical(calendar: Calendar, out: BinaryIO) -> None:
    """Write an event for each certificate; equal certificates of several runs are one event of one UID."""
    from icalendar import Calendar as Ical  # noqa: PLC0415 - an extra, needed here only

    made = Ical()
    made.add("prodid", f"-//dockworthy//{__version__}//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", "Certificates")
    made.add("x-wr-caldesc", " ".join(about(calendar)))
    for ending in calendar.endings:
        made.add_component(_event(calendar, ending))
    out.write(made.to_ical())


def _event(calendar: Calendar, ending: Ending) -> Any:
    from icalendar import Alarm, Event  # noqa: PLC0415 - see above

    event = Event()
    summary = f"{name_of(ending)}: certificate ends"
    hosts = {name for one in ending.dependents for name in one.hosts}
    event.add("uid", f"{ending.certificate.sha256}@dockworthy")
    event.add("dtstamp", calendar.now)
    event.add("dtstart", ending.until)
    event.add("summary", f"{summary} ({quantity(len(hosts), 'host')})" if hosts else summary)
    event.add("description", "\n".join(_description(calendar, ending)))
    event.add("categories", ["certificate", ending.span(calendar.now)])
    event.add("transp", "TRANSPARENT")
    for days in ALARMS:
        if ending.until - timedelta(days=days) > calendar.now:
            alarm = Alarm()
            alarm.add("action", "DISPLAY")
            alarm.add("description", summary)
            alarm.add("trigger", timedelta(days=-days))
            event.add_component(alarm)
    return event


def _description(calendar: Calendar, ending: Ending) -> list[str]:
    certificate = ending.certificate
    lines = [f"Subject: {told(certificate.subject)}", f"SHA-256: {told(certificate.sha256)}"]
    if ending.ended_by is not None:
        signer = told(calendar.named(ending.ended_by)) or told(ending.ended_by)
        lines.append(f"Its own end is {told(certificate.not_after)}, but it was signed by {signer}, which ends now.")
    lines += [f"Used as: {told(use)}" for use in list(ending.uses)[:_HOSTS]]
    for one in ending.dependents[:_HOSTS]:
        hosts = f"{quantity(len(one.hosts), 'host')}: {listed([told(name) for name in one.hosts], _HOSTS)}"
        lines.append(f"Breaks: {told(one.what)} ({hosts})")
    if not ending.dependents:
        lines.append("Nobody is known to depend on it.")
    places = [told(place) for place in ending.places]
    return [*lines, f"Seen at: {listed(places, _PLACES)}"]
