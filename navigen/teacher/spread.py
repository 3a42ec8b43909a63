"""Work on threads as it comes: results are handed over one by one, and an error loses none of the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TypeVar

from bench.errors import BenchError
from bench.lm.http import grown

C = TypeVar("C")
R = TypeVar("R")


def spread(take: Callable[[], C | None], work: Callable[[C], R], workers: int) -> Generator[tuple[C, R], None, None]:
    """Yield (chunk, work(chunk)) in order of arrival, `workers` at a time, until `take` gives None and none is at work.

    `take` runs in the caller's thread, and is asked again whenever a chunk is done. After an error in `work` nothing
    more is taken; it is raised when everything at work has been yielded. One worker is the caller's thread.
    """
    if workers == 1:
        while (chunk := take()) is not None:
            yield chunk, work(chunk)
        return
    flying: dict[Future[R], C] = {}
    broken: BaseException | None = None
    with ThreadPoolExecutor(workers) as pool:
        while True:
            while broken is None and len(flying) < workers and (chunk := take()) is not None:
                flying[pool.submit(work, chunk)] = chunk
            if not flying:
                break
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                chunk = flying.pop(future)
                error = future.exception()
                if error is None:
                    yield chunk, future.result()
                broken = broken or error
    if broken is not None:
        raise broken


@dataclass(slots=True, eq=False)
class Pace:
    """How fast a server is asked: `rate` asks a minute at most (0: as fast as it goes), slower while it is silent.

    After an ask without an answer the next is held back by `pause` seconds, twice as long each time up to `longest`,
    until one is answered; `patience`: so many in a row are too many. `tries`: requests that are made for an ask before
    it is one without an answer, after waits that grow alike. Safe to share between threads.
    """

    rate: float = 0.0
    pause: float = 1.0
    longest: float = 60.0
    patience: int = 20
    tries: int = 1
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    silent: int = field(default=0, init=False)
    _next: float = field(default=float("-inf"), init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        if self.rate < 0 or self.patience < 1:
            raise BenchError(f"teacher: rate {self.rate}, patience {self.patience}; expected >= 0 and >= 1")

    def wait(self, asks: int = 1, due: float = float("-inf")) -> None:
        """Return when so many asks may be sent, not before the clock's time `due`."""
        with self._lock:
            now = self.clock()
            start = max(now, self._next)
            if self.rate:
                self._next = start + asks * 60 / self.rate
        if (start := max(start, due)) > now:
            self.sleep(start - now)

    def due(self, wanted: float, tried: int, share: float) -> float:
        """Return the clock's time of the next try after so many: when the server wants it, or by itself (`wanted` 0).

        `share`: a random number of [0, 1) that lengthens the wait.
        """
        return self.clock() + (wanted or grown(self.pause, self.longest, tried, share))

    def heard(self, answered: bool) -> bool:
        """Take note of an answer, or of none; return whether there is still patience."""
        with self._lock:
            self.silent = 0 if answered else self.silent + 1
            if not answered:
                delay = min(self.longest, self.pause * 2.0 ** min(self.silent - 1, 32))
                self._next = max(self._next, self.clock() + delay)
            return self.silent < self.patience
