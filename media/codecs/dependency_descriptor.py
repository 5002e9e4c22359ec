"""The dependency descriptor (AV1 RTP specification, appendix A): which layer a frame is of, and who needs it."""

from __future__ import annotations

from typing import Final, NamedTuple

from media.errors import ParseError

MANDATORY_SIZE: Final = 3
# The specification's own limits (A.3): more templates or layers make no sense.
MAX_TEMPLATES: Final = 64
MAX_SPATIAL_ID: Final = 3
MAX_TEMPORAL_ID: Final = 7

NOT_PRESENT: Final = 0
DISCARDABLE: Final = 1
SWITCH: Final = 2
REQUIRED: Final = 3


class Template(NamedTuple):
    """What frames of one kind have in common; an indication (DTI) for each decode target."""

    spatial_id: int
    temporal_id: int
    indications: tuple[int, ...]


class Structure(NamedTuple):
    """What a keyframe tells of the frames up to the next; `targets` are (spatial, temporal) of the decode targets."""

    template_id_offset: int
    templates: tuple[Template, ...]
    targets: tuple[tuple[int, int], ...]
    chains: int


class Descriptor(NamedTuple):
    """One packet's. `structure` is the new one, for packets that bring one."""

    starts_frame: bool
    ends_frame: bool
    frame_number: int
    spatial_id: int
    temporal_id: int
    indications: tuple[int, ...]
    structure: Structure | None

    def switches_to(self, structure: Structure) -> int:
        """Up to which temporal layer one may rise after this frame; its own where it is no place for that."""
        target = {layers: self.indications[index] for index, layers in enumerate(structure.targets)}
        layer = self.temporal_id
        while target.get((self.spatial_id, layer + 1)) == SWITCH:
            layer += 1
        return layer


class _Bits:
    """Reads bits, the highest first. Raises `ParseError` at the end."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def read(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            message = "The dependency descriptor ends too soon."
            raise ParseError(message)
        return self._value >> self._left & (1 << count) - 1

    def read_non_symmetric(self, count: int) -> int:
        """A value below `count` (ns(n), A.8.1)."""
        width = count.bit_length()
        short = (1 << width) - count
        value = self.read(width - 1)
        return value if value < short else (value << 1 | self.read(1)) - short


def brings_structure(data: bytes) -> bool:
    """Whether a packet's extension has a structure in it, which takes much longer to parse than the rest."""
    return len(data) > MANDATORY_SIZE and bool(data[MANDATORY_SIZE] & 0x80)


def parse_descriptor(data: bytes, structure: Structure | None) -> Descriptor:
    """Parse a packet's extension with the structure that counts so far. Raises `ParseError`."""
    if len(data) < MANDATORY_SIZE:
        message = "A dependency descriptor has at least three bytes."
        raise ParseError(message)
    bits = _Bits(data)
    starts, ends = bool(bits.read(1)), bool(bits.read(1))
    template_id, frame_number = bits.read(6), bits.read(16)
    new: Structure | None = None
    custom_indications = False
    if len(data) > MANDATORY_SIZE:
        structured, active_targets, custom_indications, _, _ = (bool(bits.read(1)) for _ in range(5))
        if structured:
            structure = new = _parse_structure(bits)
        if active_targets and structure is not None:
            bits.read(len(structure.targets))
    if structure is None:
        message = "A dependency descriptor came before the structure that it needs."
        raise ParseError(message)
    index = (template_id - structure.template_id_offset) % MAX_TEMPLATES
    if index >= len(structure.templates):
        message = "A dependency descriptor names a template that there is not."
        raise ParseError(message)
    template = structure.templates[index]
    indications = template.indications
    if custom_indications:
        indications = tuple(bits.read(2) for _ in structure.targets)
    return Descriptor(starts, ends, frame_number, template.spatial_id, template.temporal_id, indications, new)


def _parse_structure(bits: _Bits) -> Structure:
    """A.8.2, `template_dependency_structure`."""
    offset, targets = bits.read(6), bits.read(5) + 1
    layers = _parse_layers(bits)
    templates = tuple(
        Template(spatial, temporal, tuple(bits.read(2) for _ in range(targets))) for spatial, temporal in layers
    )
    for _ in templates:  # the distances to the frames that a frame needs
        while bits.read(1):
            bits.read(4)
    chains = bits.read_non_symmetric(targets + 1)
    if chains:
        for _ in range(targets):
            bits.read_non_symmetric(chains)
        bits.read(4 * chains * len(templates))
    if bits.read(1):  # the resolution of each spatial layer
        bits.read(32 * (layers[-1][0] + 1))
    return Structure(offset, templates, _targets(templates, targets), chains)


def _parse_layers(bits: _Bits) -> list[tuple[int, int]]:
    spatial = temporal = 0
    layers: list[tuple[int, int]] = []
    while True:
        layers.append((spatial, temporal))
        following = bits.read(2)
        if following == 3:
            return layers
        if following == 1:
            temporal += 1
        elif following == 2:
            spatial, temporal = spatial + 1, 0
        if len(layers) == MAX_TEMPLATES or spatial > MAX_SPATIAL_ID or temporal > MAX_TEMPORAL_ID:
            message = "A dependency descriptor's structure has more layers or templates than there can be."
            raise ParseError(message)


def _targets(templates: tuple[Template, ...], count: int) -> tuple[tuple[int, int], ...]:
    """The highest layers that each decode target has frames of (A.8.3, `decode_target_layers`)."""
    targets = []
    for index in range(count):
        present = [template for template in templates if template.indications[index] != NOT_PRESENT]
        spatial = max((template.spatial_id for template in present), default=0)
        targets.append((spatial, max((template.temporal_id for template in present), default=0)))
    return tuple(targets)
