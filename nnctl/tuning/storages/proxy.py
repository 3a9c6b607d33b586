"""Studies behind Optuna's gRPC proxy, which spares a database one connection a process."""

from typing import Any
from urllib.parse import urlsplit

from optuna.storages import GrpcStorageProxy

from nnctl.errors import NnctlError, Problem
from nnctl.system.extras import load_driver
from nnctl.tuning.storages.base import Place, hide_passwords

PORT = 13000  # Optuna's own default
PACKAGES = ("grpcio", "protobuf")


def proxy_place(url: str) -> Place:
    """The place behind a proxy. Raises `NnctlError` for a wrong URL, or a package that is missing.

    Optuna has no URL of its own for it.
    """
    host, port = address_of(url)
    failure = load_driver("grpc", "grpc://", *PACKAGES).RpcError
    load_driver("google.protobuf", "grpc://", *PACKAGES)
    return Place(
        url,
        lambda: GrpcStorageProxy(host=host, port=port),
        (failure,),
        lambda storage: storage.close(),
        details_of,
    )


def address_of(url: str) -> tuple[str, int]:
    """The host and port of grpc://HOST:PORT. Raises `NnctlError` for what is none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, PORT if parts.port is None else parts.port
    except ValueError:
        host, port = None, PORT
    if host is None or parts.path.strip("/") or parts.query or parts.username is not None:
        message = f"--storage {hide_passwords(url)} is not the address of a gRPC proxy"
        raise NnctlError(Problem(message, f"write it as grpc://HOST:{PORT}"))
    return f"[{host}]" if ":" in host else host, port


def details_of(error: Any) -> str:
    """What a call to the proxy says of its failure."""
    return str(error.details())
