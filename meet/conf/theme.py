"""How the admin looks (django-unfold's settings)."""

from __future__ import annotations

from typing import Any, Final

from django.templatetags.static import static
from django.urls import reverse

UNFOLD: Final[dict[str, Any]] = {
    "SITE_TITLE": "Meet",
    "SITE_HEADER": "Meet",
    "SITE_SUBHEADER": "Administration",
    "SITE_ICON": lambda _request: static("favicon.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("favicon.svg")},
    ],
    "STYLES": [lambda _request: static("meet/admin.css")],
    "SCRIPTS": [lambda _request: static("meet/admin.js")],
    "BORDER_RADIUS": "8px",
    # The green of our pages, from its lightest to its darkest.
    "COLORS": {
        "primary": {
            "50": "#effaf8",
            "100": "#d5f3ed",
            "200": "#ace7dc",
            "300": "#7fe3d2",
            "400": "#3fbfac",
            "500": "#16998a",
            "600": "#0a6a60",
            "700": "#095850",
            "800": "#0a4741",
            "900": "#0b3a36",
            "950": "#03211f",
        }
    },
    "ACCOUNT": {
        "navigation": [
            {"title": "Change password", "link": lambda _request: reverse("admin:password_change")},
            {"title": "Second step", "link": lambda _request: reverse("own-second-step")},
        ]
    },
    "LOGIN": {"form": "meet.views.login.LoginForm"},
    "DASHBOARD_CALLBACK": "stats.overview.dashboard.dashboard",
    "SIDEBAR": {"show_search": False, "navigation": "meet.conf.navigation.sidebar"},
}
