"""Take docs/explorer.png, the picture of the explorer in README.md, from a default build.

Run as ``.venv/bin/python docs/explorer_picture.py`` after ``make build``. Needs Debian's chromium.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

OUT = Path(__file__).with_name("explorer.png")
USER = 42


def main() -> None:
    """Serve the lake that REELHOUSE_LAKE names, open a person, and take the picture."""
    command = [Path(sys.executable).with_name("reelhouse"), "app", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as app:
        try:
            assert app.stdout is not None
            _take(app.stdout.readline().split()[1])
        finally:
            app.terminate()
    print(f"written: {OUT}")


def _take(address: str) -> None:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport={"width": 1400, "height": 1060})
        page.goto(f"{address}/people/{USER}")
        page.locator("main[aria-busy=false] .comparison [aria-busy=false]").wait_for()
        page.screenshot(path=OUT)
        browser.close()


if __name__ == "__main__":
    main()
