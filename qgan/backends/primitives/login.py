"""Logging in at IBM Quantum, and what is said where that fails."""

__all__ = ["login", "quiet", "refused", "unreachable"]

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from ibm_cloud_sdk_core import ApiException
from qiskit_ibm_runtime import QiskitRuntimeService

from qgan.errors import JobError, LoginError
from qgan.redaction import redacted

# By these the login says that it does not know the caller, and not that it is in trouble.
REFUSALS = (400, 401, 403, 404)


def login() -> QiskitRuntimeService:
    """Logs in.

    Raises:
        LoginError: If there is no account, or it is refused.
        JobError: If nobody answers, which the client reports as a wrong account.
    """
    try:
        with quiet():
            return QiskitRuntimeService()
    except Exception as error:
        cause = error.__context__ or error
        silent = isinstance(cause, OSError) or (isinstance(cause, ApiException) and cause.status_code not in REFUSALS)
        raise unreachable(f"{type(cause).__name__}: {cause}") if silent else refused(error) from None


@contextmanager
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def unreachable(why: str) -> JobError:
    return JobError(
        "IBM Quantum cannot be reached", got=redacted(why), cure="Go on later: jobs that were sent are not lost"
    )


def refused(error: Exception) -> LoginError:
    return LoginError(
        "IBM Quantum cannot be reached with the account that is here",
        got=redacted(str(error)) or type(error).__name__,
        allowed="QISKIT_IBM_TOKEN (and QISKIT_IBM_INSTANCE) in the environment, or an account saved with Qiskit's "
        "QiskitRuntimeService.save_account()",
        cure="Log in, then go on: jobs that were sent are not lost",
    )
