"""The stack that all journeys use, the log of the functions if a journey fails, and a summary line like Cargo's."""

import os
import time

import pytest
from world import REGION, Emulator, World


def pytest_addoption(parser):
    parser.addoption("--binaries", required=True, help="the folder with the functions' programs")


@pytest.fixture(scope="session")
def world(request):
    # The SAM translator reads this variable.
    os.environ["AWS_DEFAULT_REGION"] = REGION
    emulator = Emulator()
    try:
        yield World(emulator, request.config.getoption("binaries"))
    finally:
        emulator.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    world = item.funcargs.get("world")
    if report.failed and call.when == "call" and world:
        # Lines from just before the test may be among these.
        since_ms = int((time.time() - call.duration) * 1000)
        report.sections.append(("warnings and errors of the functions", "\n".join(world.troubles(since_ms))))
    return report


def pytest_terminal_summary(terminalreporter):
    def count(*outcomes):
        return sum(len(terminalreporter.stats.get(outcome, [])) for outcome in outcomes)

    passed, failed = count("passed"), count("failed", "error")
    word = "ok" if passed and not failed else "FAILED"
    terminalreporter.write_line(f"test result: {word}. {passed} passed; {failed} failed;")
