"""Evaluation of a sweep's pieces on a Dask cluster. The only import of distributed."""

from __future__ import annotations

import logging
import pickle
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from archcalc.address import Address
from archcalc.core.errors import ArchcalcError, needed
from archcalc.sweeps.chunks import Box
from archcalc.sweeps.estimate import speed
from archcalc.sweeps.evaluate import Chunk, evaluate
from archcalc.sweeps.ranges import Axis
from archcalc.sweeps.sweep import Advance, Sweep

LOCAL = "local"
RETRIES = 3  # of a piece that fails
AHEAD = 3  # pieces for each thread that are submitted and not yet fetched, so that memory stays bounded
SECONDS = 2  # that a piece should take, so that each worker gets some even if every point has its own structure
PATIENCE = 20  # seconds for a scheduler to answer


def evaluated(sweep: Sweep, address: str, advance: Advance | None = None) -> Iterator[Chunk]:
    """The evaluated pieces in order. Raises ArchcalcError if the cluster cannot be reached, or gives up."""
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
    """Evaluate one piece on a worker. Raises ArchcalcError if the worker has another version of archcalc."""
    return evaluate(pickle.loads(spec), axes, box, quantities)


def _fetched(future: Any, address: str, advance: Advance | None) -> Chunk:
    try:
        chunk: Chunk = future.result()
    except ArchcalcError:
        raise
    except Exception as error:  # a worker or the connection may raise anything
        message = f"Dask at {address}: a piece failed {RETRIES + 1} times ({type(error).__name__}: {error})"
        raise ArchcalcError(message) from error
    if advance:
        advance(chunk.why.size)
    return chunk


@contextmanager
def _client(address: str) -> Iterator[Any]:
    """A connection; at the end it is closed, and a cluster started for it is stopped."""
    distributed = needed("distributed", "a Dask cluster", "dask")
    cluster = None
    try:
        if address == LOCAL:
            cluster = distributed.LocalCluster(threads_per_worker=1, dashboard_address=":0", silence_logs=logging.ERROR)
        client = distributed.Client(cluster or address, timeout=PATIENCE)
    except (OSError, ValueError) as error:  # a timeout or an invalid address
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
