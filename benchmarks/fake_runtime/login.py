"""The one account that the fake knows, and what the real client is told so that it logs in with it."""

__all__ = ["INSTANCE", "NAME", "PLAN", "TOKEN", "account_file", "bearer", "environment", "known"]

import base64
import json
from pathlib import Path

from qgan._typing import Json

# Long and odd, so that it is found wherever it was written by mistake.
TOKEN = "FAKE-CANARY-c0ffee-0123456789abcdef-NOT-A-REAL-TOKEN"
NAME = "fake-instance"
PLAN = "fake-plan"
INSTANCE = (
    "crn:v1:bluemix:public:quantum-computing:us-east:"
    "a/fa4e0000000000000000000000000000:fa4e0000-0000-4000-8000-000000000000::"
)
CHANNEL = "ibm_quantum_platform"
SECONDS = 3600
SIGNATURE = "fake"


def environment() -> dict[str, str]:
    """What the real client reads before any file of accounts; it tells nothing of who calls it, which takes long."""
    return {
        "QISKIT_IBM_TOKEN": TOKEN,
        "QISKIT_IBM_INSTANCE": INSTANCE,
        "QISKIT_IBM_CHANNEL": CHANNEL,
        "USAGE_DATA_OPT_OUT": "True",
    }


def account_file(path: Path) -> Path:
    """Writes a saved account as the client itself does: ``QiskitRuntimeService(filename=...)`` reads it."""
    account = {
        "channel": CHANNEL,
        "instance": INSTANCE,
        "is_default_account": True,
        "private_endpoint": False,
        "token": TOKEN,
        "url": "https://cloud.ibm.com",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({f"default-{CHANNEL.replace('_', '-')}": account}, indent=4, sort_keys=True))
    return path


def bearer(now: float) -> Json:
    """What is handed out for TOKEN: a JSON web token, of which the client reads when it was made and when it ends."""
    made = int(now)
    parts = [{"alg": "RS256", "typ": "JWT"}, {"iss": "fake", "iat": made, "exp": made + SECONDS}]
    signed = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return {
        "access_token": ".".join([*signed, SIGNATURE]),
        "refresh_token": "not_supported",
        "token_type": "Bearer",
        "expires_in": SECONDS,
        "expiration": made + SECONDS,
    }


def known(authorization: str) -> bool:
    """Whether a request's header is of the account. Without a bearer token the client sends the key itself."""
    return authorization == f"apikey {TOKEN}" or (
        authorization.startswith("Bearer ") and authorization.endswith(f".{SIGNATURE}")
    )
