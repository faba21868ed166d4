"""The collector is paused while any thread wants it so, and afterwards as it was."""

import gc
import os
import threading
import time

import pytest

from archcalc.core.gc_paused import gc_paused


@pytest.fixture(autouse=True)
def collecting():
    assert gc.isenabled()
    yield
    gc.enable()


def test_threads_that_interleave(monkeypatch):
    """Each gives way to the others wherever it could be interrupted."""
    wrong, disable = [], gc.disable
    monkeypatch.setattr(gc, "disable", lambda: (time.sleep(0.0001), disable()))

    def work():
        for _ in range(200):
            with gc_paused():
                time.sleep(0)
                if gc.isenabled():
                    wrong.append("on while paused")

    together([work] * 4)
    assert wrong == []
    assert gc.isenabled()


def together(work):
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_thread_that_begins_as_another_ends(monkeypatch):
    """The second finds the collector off, and turns it off only when the first has turned it on again."""
    began, ended, disable = threading.Event(), threading.Event(), gc.disable

    def first():
        with gc_paused():
            began.set()
            ended.wait(0.1)

    def second():
        began.wait()
        monkeypatch.setattr(gc, "disable", lambda: (ended.set(), time.sleep(0.1), disable()))
        with gc_paused():
            pass

    together([first, second])
    assert gc.isenabled()


def test_off_stays_off():
    gc.disable()
    with gc_paused(), gc_paused():
        pass
    assert not gc.isenabled()


def test_an_error_ends_the_pause():
    with pytest.raises(ValueError, match="here"), gc_paused():
        raise ValueError("here")
    assert gc.isenabled()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_process_forked_meanwhile_collects():
    """The thread that paused the collector is not in the new process, and would never end the pause there."""
    inside, done = threading.Event(), threading.Event()

    def work():
        with gc_paused():
            inside.set()
            done.wait()

    thread = threading.Thread(target=work)
    thread.start()
    inside.wait()
    child = os.fork()
    if child == 0:
        before = gc.isenabled()
        with gc_paused():
            within = gc.isenabled()
        os._exit(not (before and not within and gc.isenabled()))
    done.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
