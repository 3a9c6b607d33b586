"""Servers that keep studies, as a test starts them on this machine."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

HERE = "127.0.0.1"


@contextmanager
def redis_server() -> Iterator[str]:
    """A server that speaks as Redis does; its URL."""
    fakeredis = pytest.importorskip("fakeredis")
    pytest.importorskip("lupa")  # for scripts
    server = fakeredis.TcpFakeServer((HERE, 0), server_type="redis")
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"redis://{HERE}:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@contextmanager
def grpc_server(file: Path) -> Iterator[str]:
    """Optuna's proxy in front of a SQLite file; its URL."""
    grpc = pytest.importorskip("grpc")
    pytest.importorskip("google.protobuf")
    from optuna.storages import get_storage
    from optuna.storages._grpc.auto_generated import api_pb2_grpc
    from optuna.storages._grpc.servicer import OptunaStorageProxyService

    from nnctl.tuning.storages.databases import close, sqlite_storage
    from tests.tables import with_tables

    database = sqlite_storage(with_tables(file))
    storage = get_storage(database)
    server = grpc.server(ThreadPoolExecutor(10))
    api_pb2_grpc.add_StorageServiceServicer_to_server(OptunaStorageProxyService(storage), server)
    port = server.add_insecure_port(f"{HERE}:0")
    server.start()
    yield f"grpc://{HERE}:{port}"
    server.stop(None).wait()
    close(database)
