"""Whether this process may be forked: a fork has at once all that this one has loaded and read.

It has one thread, the one that forks; what others hold at that moment is never let go of in it, and
it would wait for that without end. The threads that OpenBLAS keeps for products do no harm: it
sends them home before a fork, and each process takes new ones when it needs them. OpenMP's and
those of other libraries stay, and are seen; where they have not begun, they do no harm.
"""

import os
import signal
import sys
import threading
import time
import warnings
from typing import Literal

Method = Literal["fork", "spawn"]
PRODUCTS = {("openblas", "pthreads"), ("openblas", "disabled")}  # that know of forks
TASKS = "/proc/self/task"
LOOKS = 10  # a millisecond apart: a thread that has ended is counted a little longer


def start_method() -> Method:
    """How a process is to be started: forked from this one, or anew where that is not safe."""
    return "fork" if is_safe() else "spawn"


def is_safe() -> bool:
    """Whether a fork of this process goes on as one that was started anew would.

    Elsewhere than on Linux libraries of the system itself do not take it.
    """
    return (
        sys.platform == "linux"
        and threading.active_count() == 1
        and has_safe_products()
        and is_alone()
    )


def has_safe_products() -> bool:
    """Whether what computes NumPy's products, if that is loaded, goes on in a fork."""
    if "numpy" not in sys.modules:
        return True
    from nnctl.system import machine  # which asks NumPy's library

    libraries = [each for each in machine.blas().info() if each["user_api"] == "blas"]
    found = {(each["internal_api"], each.get("threading_layer")) for each in libraries}
    return bool(found) and found <= PRODUCTS


def is_alone() -> bool:
    """Whether no thread is left beside this one once OpenBLAS has sent its own home.

    That is seen where something is forked: a process that ends as soon as it is there.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns of what is looked for here
            child = os.fork()
            if child == 0:
                os._exit(0)
        os.waitpid(child, 0)
        for _ in range(LOOKS):
            if len(os.listdir(TASKS)) == 1:
                return True
            time.sleep(0.001)
    except OSError:
        pass
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return False
