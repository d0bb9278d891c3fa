"""Which tests count for the coverage of kit, platform and domains: those that call them.

Measuring doubles the time of what it watches. A line that only a page or a journey passes by is
asserted by nobody, so those run unwatched; so does the matrix, which asks what its neighbours ask.
"""

import pytest

UNWATCHED = (
    "tests/apps/",
    "tests/architecture/",
    "tests/browser/",
    "tests/faces/matrix/",
    "tests/journeys/",
    "tests/soak/",
)


def measure(item: pytest.Item) -> None:
    """Watch from here on when the test counts, look away when it does not."""
    plugin = item.config.pluginmanager.getplugin("_cov")
    controller = getattr(plugin, "cov_controller", None)
    if controller is None:
        return
    counts = not item.nodeid.startswith(UNWATCHED)
    if counts and not controller.started:
        controller.resume()
    elif controller.started and not counts:
        controller.pause()
