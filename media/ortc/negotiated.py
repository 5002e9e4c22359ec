"""What was negotiated in a router, kept: browsers of a crowd are alike, and each gets the same but for its SSRCs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from media.errors import UnsupportedError
from media.ortc.negotiation import get_common_rtp_parameters, validate_rtp_capabilities, with_own_ssrcs

if TYPE_CHECKING:
    from media.ortc.negotiation import BandwidthFeedback
    from media.ortc.parameters import RtpCapabilities, RtpParameters

# So many different capabilities are known at a time: browsers of some kinds and versions. They are forgotten all at
# once, so that whoever makes up new ones again and again has the rest negotiated anew and nothing more.
MOST_KNOWN: Final = 32

_encode: Final = msgspec.json.Encoder().encode


class _Endpoint:
    """Endpoints with the same capabilities, and what they get of each producer; None of what they can't decode."""

    __slots__ = ("capabilities", "common")

    def __init__(self, capabilities: RtpCapabilities) -> None:
        self.capabilities = capabilities
        self.common: dict[tuple[str, BandwidthFeedback], RtpParameters | None] = {}


class Negotiated:
    """Of one router. Producers are known by their ids, until `forget`."""

    def __init__(self) -> None:
        self._by_content: dict[bytes, _Endpoint] = {}
        # By `id` of those capabilities that are kept in them.
        self._by_object: dict[int, _Endpoint] = {}

    def admit(self, capabilities: RtpCapabilities) -> RtpCapabilities:
        """The same capabilities, as one object for all who have them. Raises `InvalidParameters`."""
        return self._endpoint(capabilities).capabilities

    def can_consume(self, producer_id: str, consumable: RtpParameters, capabilities: RtpCapabilities) -> bool:
        """Whether an endpoint can decode a producer. Raises `InvalidParameters`."""
        return self._common(producer_id, consumable, capabilities, "transport-cc") is not None

    def parameters(
        self,
        producer_id: str,
        consumable: RtpParameters,
        capabilities: RtpCapabilities,
        bandwidth_feedback: BandwidthFeedback,
    ) -> RtpParameters:
        """What an endpoint receives of a producer. Raises `InvalidParameters` or `UnsupportedError`."""
        common = self._common(producer_id, consumable, capabilities, bandwidth_feedback)
        if common is None:
            message = f"The receiver cannot decode {consumable.codecs[0].mime_type}."
            raise UnsupportedError(message)
        return with_own_ssrcs(common)

    def forget(self, producer_id: str) -> None:
        """A producer has ended."""
        for endpoint in self._by_object.values():
            for key in [key for key in endpoint.common if key[0] == producer_id]:
                del endpoint.common[key]

    def _common(
        self,
        producer_id: str,
        consumable: RtpParameters,
        capabilities: RtpCapabilities,
        bandwidth_feedback: BandwidthFeedback,
    ) -> RtpParameters | None:
        made, key = self._endpoint(capabilities).common, (producer_id, bandwidth_feedback)
        if key not in made:
            try:
                made[key] = get_common_rtp_parameters(consumable, capabilities, bandwidth_feedback)
            except UnsupportedError:
                made[key] = None
        return made[key]

    def _endpoint(self, capabilities: RtpCapabilities) -> _Endpoint:
        found = self._by_object.get(id(capabilities))
        if found is not None and found.capabilities is capabilities:
            return found
        content = _encode(capabilities)
        found = self._by_content.get(content)
        if found is None:
            validate_rtp_capabilities(capabilities)
            if len(self._by_content) >= MOST_KNOWN:
                self._by_content.clear()
                self._by_object.clear()
            found = self._by_content[content] = self._by_object[id(capabilities)] = _Endpoint(capabilities)
        return found
