"""Telling: what was found of customers, kept until the end of a run, and then made into alerts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.alert_ids import alert_id
from pipeline.budget import Budget, Tick
from pipeline.explain import Explainer, Worth
from pipeline.kinds import ALERT_KINDS, CODES
from pipeline.ledger import Closings
from pipeline.liveness import Stretches
from pipeline.orders import last_ms
from pipeline.outcome import Outcome
from pipeline.pool import Pool
from pipeline.records import join_records, take_records
from pipeline.rows import Rows
from pipeline.store import RowStore
from pipeline.units import Floats, Ints, nonzero
from pipeline.verdicts import Judged, Verdict
from schemas.alert import Alert, LogPosition


@dataclass(slots=True)
class _Told:
    """What is to be told, and of whom, (n, ...) each."""

    what: Verdict | Closings
    open_now: Floats  # (n, causes) of what waits
    rows: Rows
    silent_ms: Ints
    ids: list[str]
    places: list[LogPosition]


class Teller:
    """Makes alerts of what was found in a run, and keeps them to their budget."""

    def __init__(
        self,
        store: RowStore,
        episodes: Pool,
        explainer: Explainer,
        orders_feed: Stretches,
        budget: Budget,
        place: tuple[str, int],
    ) -> None:
        self._store = store
        self._episodes = episodes
        self._explainer = explainer
        self._orders_feed = orders_feed
        self._budget = budget
        self._topic, self._partition = place
        self._found: dict[int, list[tuple[Verdict, Rows, Ints, Ints]]]
        self._found = {kind: [] for kind in ALERT_KINDS}
        self._closed: list[tuple[Closings, Floats, Rows, Ints, Ints]] = []

    def note(self, judged: Judged, rows: Rows, row: Ints, offset: Ints) -> None:
        """Keep what there is to tell, until the end of the run.

        Args:
            judged: what was found.
            rows: (n,) the rows judged, as of then.
            row: (n,) their numbers.
            offset: (n,) places in the log.
        """
        for verdict in judged.verdicts:
            which = verdict.where
            self._found[verdict.kind].append(
                (verdict, take_records(rows, which), row[which], offset[which])
            )
        closings = judged.closings
        if len(closings):
            which = closings.where
            found = closings, judged.open_now, take_records(rows, which), row[which], offset[which]
            self._closed.append(found)

    def tell(self, outcome: Outcome) -> None:
        """Make alerts of all that was noted in a run."""
        found = [self._of_kind(noted) for noted in self._found.values() if noted]
        closed = [self._of_closings()] if self._closed else []
        worths = self._worths([*found, *closed])
        for told, worth in zip([*found, *closed], worths, strict=True):
            what = told.what
            if isinstance(what, Closings):
                outcome.alerts.extend(
                    self._explainer.closings(what, worth, told.rows, told.ids, told.places)
                )
                continue
            alerts = self._explainer.alerts(
                what, worth, told.rows, told.ids, told.silent_ms, told.places
            )
            outcome.alerts += alerts
            outcome.first |= {alerts[i].alert_id for i in nonzero(what.moves.first)}
            outcome.held |= {alerts[i].alert_id for i in nonzero(what.moves.held)}

    def _of_kind(self, noted: list[tuple[Verdict, Rows, Ints, Ints]]) -> "_Told":
        verdicts, rows, row, offset = zip(*noted, strict=True)
        noted.clear()
        verdict = Verdict.all_of(verdicts)
        return self._told(verdict, verdict.open_now, rows, row, offset)

    def _of_closings(self) -> "_Told":
        closed, open_now, rows, row, offset = zip(*self._closed, strict=True)
        self._closed.clear()
        return self._told(Closings.all_of(closed), np.concatenate(open_now), rows, row, offset)

    def _told(
        self,
        what: Verdict | Closings,
        open_now: Floats,
        rows: Sequence[Rows],
        row: Sequence[Ints],
        offset: Sequence[Ints],
    ) -> "_Told":
        known = join_records(rows)
        ids = [self._store.ids[number] for number in np.concatenate(row).tolist()]
        places = [
            LogPosition(self._topic, self._partition, place)
            for place in np.concatenate(offset).tolist()
        ]
        return _Told(what, open_now, known, self.silent_ms(known, what.at_ms), ids, places)

    def _worths(self, found: Sequence["_Told"]) -> Iterator[Worth]:
        """Yield what those are worth who are told of, all looked at together."""
        if not found:
            return
        worth = self._explainer.worth(
            join_records([told.rows for told in found]),
            np.concatenate([told.silent_ms for told in found]),
            np.concatenate([told.what.at_ms for told in found]),
            np.concatenate([told.open_now for told in found]),
        )
        end = 0
        for told in found:
            begin, end = end, end + len(told.rows)
            yield worth.take(np.arange(begin, end))

    def keep_to_budget(self, outcome: Outcome, ticks: Sequence[Tick]) -> None:
        """Hold back what is beyond the budget of an hour, and note it in the episodes."""
        sifted = self._budget.sift(outcome.alerts, ticks, outcome.first, outcome.held)
        outcome.alerts, outcome.digests = sifted.told, sifted.digests
        for alert, is_held in sifted.held.values():
            self._hold(alert, is_held)

    def silent_ms(self, rows: Rows, at_ms: Ints) -> Ints:
        """Return the silence of rows at an instant, dead time of the feed left out."""
        since_ms = last_ms(rows)
        silent = self._orders_feed.alive_ms(since_ms, np.maximum(at_ms, since_ms))
        return np.where(since_ms > 0, silent, 0)

    def _hold(self, alert: Alert, is_held: bool) -> None:
        """Mark an episode, unless the next one of its kind has begun."""
        head = self._store.read(np.array([self._store.row_of(alert.customer_id)]), "episodes")
        [slot] = self._episodes.find(head, np.array([CODES[alert.kind]], np.uint64))
        onset_ms = int(self._episodes.records["onset_ms"][slot])
        if slot and alert.alert_id == alert_id(alert.customer_id, alert.kind, onset_ms):
            self._episodes.records["held"][slot] = is_held
