"""A sweep's pieces, evaluated by a Dask cluster. The only import of distributed."""

from __future__ import annotations

import logging
import pickle
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from archcalc.address import Address
from archcalc.errors import ArchcalcError
from archcalc.needed import needed
from archcalc.sweeps.estimate import speed
from archcalc.sweeps.evaluate import Box, Chunk, Grid, evaluate
from archcalc.sweeps.ranges import Axis

if TYPE_CHECKING:
    from archcalc.sweeps.sweep import Advance, Sweep

LOCAL = "local"
RETRIES = 3  # of a piece that fails
AHEAD = 3  # pieces for each thread that are under way or done and not yet fetched, so that memory stays bounded
SECONDS = 2  # that a piece should take, so that all workers have some even where the structure differs point by point
PATIENCE = 20  # seconds for a scheduler to answer


def evaluated(sweep: Sweep, address: str, advance: Advance | None = None) -> Iterator[Chunk]:
    """The pieces in order. Raises ArchcalcError where the cluster cannot be reached, or gives up."""
    needed("distributed", "a Dask cluster", "dask")
    with _client(address) as client:
        ahead = AHEAD * max(1, sum(client.nthreads().values()))
        task = (pickle.dumps(sweep.network.spec), sweep.axes, sweep.quantities)
        under_way: deque[Any] = deque()
        try:
            for box in sweep.pieces(max(1, int(SECONDS * speed(sweep)))):
                under_way.append(client.submit(work, *task, box, pure=False, retries=RETRIES))
                if len(under_way) >= ahead:
                    yield _fetched(under_way.popleft(), address, advance)
            while under_way:
                yield _fetched(under_way.popleft(), address, advance)
        finally:
            client.cancel(list(under_way))


def work(spec: bytes, axes: Mapping[str, Axis], quantities: Mapping[str, Address], box: Box) -> Chunk:
    """One piece, on a worker. Raises ArchcalcError where that has another archcalc."""
    return evaluate(pickle.loads(spec), Grid(dict(axes)), box, quantities)


def _fetched(future: Any, address: str, advance: Advance | None) -> Chunk:
    try:
        chunk: Chunk = future.result()
    except ArchcalcError:
        raise
    except Exception as error:  # whatever a worker, or the way to it, may raise
        message = f"Dask at {address}: a piece failed {RETRIES + 1} times ({type(error).__name__}: {error})"
        raise ArchcalcError(message) from error
    if advance:
        advance(chunk.why.size)
    return chunk


@contextmanager
def _client(address: str) -> Iterator[Any]:
    """A connection, closed in the end, and with it the cluster that was started for it."""
    import distributed

    start: Any = distributed  # which says nothing of its types
    cluster = None
    try:
        if address == LOCAL:
            cluster = start.LocalCluster(threads_per_worker=1, dashboard_address=":0", silence_logs=logging.ERROR)
        client = start.Client(cluster or address, timeout=PATIENCE)
    except (OSError, ValueError) as error:  # a timeout, or no such address
        if cluster is not None:
            cluster.close()
        hint = "'local' starts a cluster here, tcp://HOST:8786 is one that runs"
        raise ArchcalcError(f"no Dask scheduler at {address!r} ({type(error).__name__}); {hint}") from None
    try:
        yield client
    finally:
        client.close()
        if cluster is not None:
            cluster.close()
