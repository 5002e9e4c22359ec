"""aiortc's DTLS and SCTP without the rest of that library, which a process loads with any of its modules.

The rest is peer connections, codecs (so FFmpeg) and ICE (so a resolver of names): 18 MB that are of no use to us.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Final

PACKAGE: Final = "aiortc"
# In this order, as the package has it: data channels and SCTP name each other.
PARTS: Final = ("rtcdatachannel", "rtcdtlstransport", "rtcsctptransport")
# What the parts name in annotations only: a module, and the class in it.
ANNOTATIONS: Final = {"av": "AudioFrame", f"{PACKAGE}.rtcicetransport": "RTCIceTransport"}


def load_parts() -> None:
    """Load these parts, as `aiortc.…`, and nothing else. Nothing happens where aiortc is loaded already, or not there.

    For a process that does not want the rest: its package is empty from then on.
    """
    spec = importlib.util.find_spec(PACKAGE) if PACKAGE not in sys.modules else None
    if spec is None or spec.submodule_search_locations is None:
        return
    package = ModuleType(PACKAGE)
    package.__spec__ = spec
    package.__path__ = list(spec.submodule_search_locations)
    sys.modules[PACKAGE] = package
    absent = {name: _stand_in(name, what) for name, what in ANNOTATIONS.items() if name not in sys.modules}
    sys.modules.update(absent)
    for part in PARTS:
        importlib.import_module(f"{PACKAGE}.{part}")
    for name in absent:
        del sys.modules[name]


def _stand_in(name: str, what: str) -> ModuleType:
    module = ModuleType(name)
    setattr(module, what, object)
    return module
