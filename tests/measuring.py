"""Which tests count for the coverage of kit, platform and domains: their own.

Measuring doubles the time of what it watches. A line that only a page or a journey passes by is
asserted by nobody, so those run unwatched.
"""

import pytest

MEASURED = ("tests/kit/", "tests/platform/", "tests/domains/")


def measure(item: pytest.Item) -> None:
    """Watch from here on when the test counts, look away when it does not."""
    plugin = item.config.pluginmanager.getplugin("_cov")
    controller = getattr(plugin, "cov_controller", None)
    if controller is None:
        return
    counts = item.nodeid.startswith(MEASURED)
    if counts and not controller.started:
        controller.resume()
    elif controller.started and not counts:
        controller.pause()
