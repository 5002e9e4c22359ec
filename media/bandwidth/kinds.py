"""Which estimator serves a client, by what it tells of what arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.bandwidth.gcc import GccEstimator
from media.bandwidth.null import NullEstimator
from media.bandwidth.remb import RembEstimator

if TYPE_CHECKING:
    from media.bandwidth.estimator import Estimator, Kind


def make_estimator(kind: Kind, now: float) -> Estimator:
    """An estimator for a client that gives this kind of feedback."""
    match kind:
        case "transport-cc":
            return GccEstimator(now)
        case "remb":
            return RembEstimator(now)
        case "none":
            return NullEstimator()
