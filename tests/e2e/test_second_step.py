"""The second step of the admin's login in a real browser: an app's codes, and a passkey of a virtual authenticator."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from meet.accounts.second_factor.codes import code_at
from tests.e2e.administrator import MAKE, run_in
from tests.password import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.e2e.server import Server

ADMIN = re.compile(r"/admin/$")


def log_in(page: Page, url: str, name: str) -> None:
    page.goto(f"{url}/admin/login/")
    page.locator("input[name=username]").fill(name)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("button[type=submit]").first.click()


def log_out(page: Page) -> None:
    page.context.clear_cookies()


def code(secret: str, around: int = 0) -> str:
    return code_at(secret, int(time.time()) // 30 + around)


@pytest.mark.long
def test_codes_of_an_app_and_a_passkey_log_in(browser: Browser, server: Server) -> None:
    name = "careful"
    run_in(server, MAKE, name, "owner", PASSWORD)
    url = server.url.replace("127.0.0.1", "localhost")  # passkeys need a host name
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-US")
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    devices = context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    devices.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {**device, "isUserVerified": True, "automaticPresenceSimulation": True}},
    )

    log_in(page, url, name)
    page.wait_for_url(ADMIN)
    page.goto(f"{url}/admin/second-step/")
    page.get_by_role("button", name="Set up an app").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    secret = page.locator(".second-step-secret").inner_text().replace(" ", "")
    page.locator("input[name=code]").fill(code(secret))
    page.get_by_role("button", name="Confirm").click()
    recovery = page.get_by_label("Recovery codes").input_value().split()
    assert len(recovery) == 10
    page.get_by_role("link", name="I have kept them").click()
    page.locator("input[name=name]").fill("Virtual one")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("Virtual one").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it fits a phone"

    log_out(page)
    log_in(page, url, name)
    page.wait_for_url(re.compile("/admin/login/second/"))
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(ADMIN)

    log_out(page)
    log_in(page, url, name)
    page.locator("input[name=code]").fill(code(secret, 1))
    page.get_by_role("button", name="Use the code").click()
    page.wait_for_url(ADMIN)

    log_out(page)
    log_in(page, url, name)
    page.locator("input[name=code]").fill(code(secret, 1))
    page.get_by_role("button", name="Use the code").click()
    expect(page.get_by_text("This code has been used.")).to_be_visible()
    page.locator("input[name=code]").fill(recovery[0])
    page.get_by_role("button", name="Use the code").click()
    page.wait_for_url(ADMIN)
    assert not problems
    context.close()
