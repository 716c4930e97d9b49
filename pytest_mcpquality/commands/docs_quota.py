"""What is left of the quota, as a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_mcpquality.remediation.statistics import Quota


def quota_left(quota: Quota) -> str:
    """How many requests the service still grants; empty when it has not said."""
    if quota.remaining is None:
        return ""
    limit = f" of {quota.limit:,}" if quota.limit is not None else ""
    anew = f", granted anew {quota.reset_at:%Y-%m-%d %H:%M} UTC" if quota.reset_at else ""
    return f"{quota.remaining:,}{limit} requests are left of the quota{anew}"
