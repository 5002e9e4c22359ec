"""Form fields for secrets: they can be set, replaced and removed, and are never shown again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms
from unfold.widgets import INPUT_CLASSES, UnfoldAdminTextareaWidget

if TYPE_CHECKING:
    from collections.abc import Mapping

REMOVE: Final = "\0remove"


class SecretInput(forms.PasswordInput):
    """An empty input, whatever is kept; a box to tick where something is, which removes it."""

    template_name = "admin/accounts/secret_input.html"

    def __init__(self) -> None:
        super().__init__({"class": " ".join(INPUT_CLASSES), "autocomplete": "off"}, render_value=False)
        self.is_set = False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"] |= {"is_set": self.is_set, "remove_name": f"{name}-remove"}
        return context

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        typed = super().value_from_datadict(data, files, name)
        return REMOVE if not typed and data.get(f"{name}-remove") else typed


class SecretField(forms.CharField):
    """Its value is `kept` when nothing was typed."""

    widget = SecretInput

    def __init__(self, *, kept: str = "", **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.kept = kept
        self.widget.is_set = bool(kept)

    def clean(self, value: Any) -> str:
        """What is to be kept from now on."""
        if value == REMOVE:
            return ""
        return super().clean(value) or self.kept

    def has_changed(self, _initial: Any, data: Any) -> bool:
        """For the log of changes, which names fields and never what is in them."""
        return bool(data)


class SecretTextarea(UnfoldAdminTextareaWidget):  # type: ignore[misc]  # unfold has no types
    """For what has several lines. What was typed is not sent back, not even with an error."""

    def __init__(self) -> None:
        super().__init__({"rows": 6, "autocomplete": "off", "spellcheck": "false", "placeholder": "Paste it here"})

    def format_value(self, _value: Any) -> str:
        return ""
