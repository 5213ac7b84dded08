"""The frame around a page: the side bar's entries under their headings, and the trail of breadcrumbs they make."""

from dataclasses import dataclass

from yidao.accounts.actors import Actor, Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    One entry of the side bar. `badge` names a live count of `badges.COUNTERS`, `go` is the letter after `g` that leads
    there, `needs` is what the reader's role must allow, and what `is_demo_only` leads nowhere where time is real. What
    stands `is_in_top` is a sign in the top bar instead.
    """

    key: str
    label: str
    address: str
    badge: str = ""
    go: str = ""
    is_demo_only: bool = False
    is_in_top: bool = False
    needs: Permission = Permission.PARCELS_VIEW


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Entries under one heading, or under none; `under` are the headings above it, the outermost first."""

    label: str
    entries: tuple[Entry, ...]
    under: tuple[str, ...] = ()

    @property
    def headings(self) -> tuple[str, ...]:
        """Return every heading over the entries, the outermost first."""
        return tuple(each for each in (*self.under, self.label) if each)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A group as the side bar shows it: the headings it does not share with the group before, each with its depth."""

    headings: tuple[tuple[int, str], ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crumb:
    """One step of the trail; a heading leads nowhere."""

    label: str
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """
    The frame around a page: whose it is, where one may go, and where live news, counts, banners and the one search box
    lead.
    """

    actor: Actor
    role: str
    groups: tuple[Group, ...]
    badges_address: str
    ticket_address: str
    search_address: str

    @property
    def sections(self) -> tuple[Section, ...]:
        """Return the side bar, without what the reader's role does not allow and without empty groups."""
        found: list[Section] = []
        before: tuple[str, ...] = ()
        for group in self.groups:
            entries = tuple(each for each in group.entries if self.actor.may(each.needs) and not each.is_in_top)
            if not entries:
                continue
            shared = _shared(before, group.headings)
            headings = tuple(enumerate(group.headings))[shared:]
            found.append(Section(headings=headings, entries=entries))
            before = group.headings
        return tuple(found)

    @property
    def signs(self) -> tuple[Entry, ...]:
        """Return the entries that stand in the top bar."""
        return tuple(
            each for group in self.groups for each in group.entries if each.is_in_top and self.actor.may(each.needs)
        )

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Return every entry the reader may follow."""
        return tuple(each for section in self.sections for each in section.entries) + self.signs

    def trail(self, key: str) -> tuple[Crumb, ...]:
        """Return the breadcrumbs to an entry: its headings and itself; nothing for what is no entry."""
        for group in self.groups:
            for entry in group.entries:
                if entry.key == key:
                    headings = tuple(Crumb(label=each) for each in group.headings)
                    return (*headings, Crumb(label=entry.label, address=entry.address))
        return ()


def _shared(before: tuple[str, ...], after: tuple[str, ...]) -> int:
    """Return how many headings two groups that follow each other have in common, from the outermost on."""
    count = 0
    while count < min(len(before), len(after)) and before[count] == after[count]:
        count += 1
    return count
