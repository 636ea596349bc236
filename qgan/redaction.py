"""Tokens are taken out of whatever is told or written."""

__all__ = ["redacted"]

import base64
import json
import os
from pathlib import Path
from urllib.parse import quote

INSTEAD = "[token]"
ACCOUNTS = Path(".qiskit") / "qiskit-ibm.json"


def redacted(text: str) -> str:
    """A text without the tokens of this account, plain, in base64 or quoted for a URL."""
    # The longest first: of one that begins as another does, the end would be left.
    for token in sorted(_tokens(), key=len, reverse=True):
        for form in (token, quote(token, safe=""), base64.b64encode(token.encode()).decode().rstrip("=")):
            text = text.replace(form, INSTEAD)
    return text


def _tokens() -> set[str]:
    found = {os.environ.get("QISKIT_IBM_TOKEN", "")}
    try:
        accounts = json.loads((Path.home() / ACCOUNTS).read_text("utf-8"))
        found |= {str(account.get("token", "")) for account in accounts.values() if isinstance(account, dict)}
    except (OSError, ValueError, AttributeError, RuntimeError):
        pass
    return {token.strip() for token in found if len(token.strip()) > 3}
