"""The worker never leaves its host waiting: driven by bare messages, and through Appose's own service."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from appose import NDArray
from appose.service import Service, Task, TaskException, TaskStatus
from command_material import DETECT, SETTINGS, described, planned, request, write_movie

from ivea_fiji import __version__
from ivea_fiji.worker import TaskProgress, plain

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
COMMAND = [sys.executable, "-u", "-m", "ivea_fiji.worker"]
PATIENCE_S = 120

# A command that goes on until it is told to stop, and one with a fault.
TEST_COMMANDS = textwrap.dedent(
    """
    import time
    from ivea_fiji.commands.base import Command, Reply
    from ivea_fiji.commands.host import NoParams
    from ivea_fiji.commands.registry import COMMANDS
    from ivea_fiji.progress import step

    busy = []

    def linger(params, image, progress):
        busy.append(len(busy))
        overlap = len(busy) > 1
        for k in range(20):
            step(progress, "lingering", k, 20)
            time.sleep(0.01)
        busy.pop()
        return Reply("overlap" if overlap else "alone", notes=(float("nan"),))

    def endless(params, image, progress):
        print("library noise", end="", flush=True)
        while True:
            step(progress, "waiting", 3, 10)
            time.sleep(0.01)

    def broken(params, image, progress):
        raise KeyError("lost")

    for run in (linger, endless, broken):
        COMMANDS[run.__name__] = Command(run.__name__, "T E S T", "Test.", NoParams, run=run)
    """
)
RUN = 'task.outputs["reply"] = ivea_run(task, request, image)'


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    made = Service(ROOT, {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}, *COMMAND)
    finish(made.task(TEST_COMMANDS))
    yield made
    made.close()
    assert made.wait_for() == 0
    assert made.invalid_lines() == []
    assert made._process is not None
    for pipe in (made._process.stdout, made._process.stderr):
        pipe.close()  # Appose leaves them open


def start(service: Service, script: str, **inputs: Any) -> Task:
    return service.task(script, inputs).start()


def finish(task: Task) -> dict[str, Any]:
    """Wait for a task as a careful host does, never for ever."""
    if task.status == TaskStatus.INITIAL:
        task.start()
    waiting = threading.Thread(target=_wait, args=(task,), daemon=True)
    waiting.start()
    waiting.join(PATIENCE_S)
    assert not waiting.is_alive(), "the worker left its host waiting"
    assert task.status == TaskStatus.COMPLETE, task.error
    return task.outputs


def _wait(task: Task) -> None:
    try:
        task.wait_for()
    except TaskException:
        pass


def reply(service: Service, command: str, params: dict[str, Any] | None = None, **inputs: Any) -> dict[str, Any]:
    text = request(command, params or {}, inputs.pop("told", None))
    return json.loads(finish(start(service, RUN, request=text, image=inputs.pop("image", None)))["reply"])


def hold(task: Task, until: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not until():
        assert time.monotonic() < end
        time.sleep(0.01)


# ---------------------------------------------------------------------------- what hangs a plain Appose worker


def test_hello(service: Service) -> None:
    told = json.loads(finish(service.task('task.outputs["reply"] = ivea_hello()'))["reply"])
    assert told["status"] == "ok"
    assert told["protocol"] == 1
    assert told["ivea"] == __version__
    assert told["appose"].startswith("0.12")
    assert told["device"] == "CPU"


def test_numbers_no_host_can_read(service: Service) -> None:
    script = """
        import numpy as np
        from pathlib import PurePosixPath
        {"nan": float("nan"), "inf": [np.float32(np.inf)], "f": np.float32(3), "i": np.int64(4), "b": np.bool_(True),
         "a": np.array([1.5, np.nan]), "p": PurePosixPath("/a/b"), "o": object, 7: {1, 1}}
    """
    out = finish(service.task(textwrap.dedent(script)))
    assert out == {
        "nan": None, "inf": [None], "f": 3.0, "i": 4, "b": True, "a": [1.5, None], "p": "/a/b",
        "o": "<class 'object'>", "7": [1],
    }  # fmt: skip


def test_noise_on_standard_output(service: Service) -> None:
    script = """
        import os, subprocess, sys
        print("no newline", end="", flush=True)
        os.write(1, b"native noise")
        subprocess.run([sys.executable, "-c", "print('child')"], check=True)
        sys.__stdout__.write("more"); sys.__stdout__.flush()
        {"fine": 1}
    """
    assert finish(service.task(textwrap.dedent(script))) == {"fine": 1}


def test_a_child_does_not_eat_the_messages(service: Service) -> None:
    script = """
        import subprocess, sys
        child = [sys.executable, "-c", "import sys; print(repr(sys.stdin.read()))"]
        subprocess.run(child, capture_output=True, text=True, timeout=20).stdout
    """
    assert finish(service.task(textwrap.dedent(script))) == {"result": "''\n"}


def test_an_answer_without_end(service: Service) -> None:
    task = start(service, "'x' * (1 << 25)")
    with pytest.raises(AssertionError, match="the answer is too long"):
        finish(task)
    assert task.status == TaskStatus.FAILED


def test_a_fault_in_a_script(service: Service) -> None:
    for script in ("1 / 0", "import sys; sys.exit(3)", "raise KeyboardInterrupt"):
        task = start(service, script)
        with pytest.raises(AssertionError):
            finish(task)
        assert task.status == TaskStatus.FAILED
    assert finish(service.task("2")) == {"result": 2}


def test_many_tasks_at_once(service: Service) -> None:
    tasks = [start(service, "task.update('x' * 5000, 1, 2)\n{'k': k, 'text': 'y' * 5000}", k=k) for k in range(60)]
    assert [finish(task)["k"] for task in tasks] == list(range(60))


# ---------------------------------------------------------------------------- commands


def test_commands_run_one_at_a_time(service: Service) -> None:
    tasks = [start(service, RUN, request=request("linger", {}), image=None) for _ in range(3)]
    replies = [json.loads(finish(task)["reply"]) for task in tasks]
    assert [told["message"] for told in replies] == ["alone"] * 3
    assert replies[0]["notes"] == [None]


def test_progress_is_told_and_not_too_often(service: Service) -> None:
    seen: list[tuple[str, int, int]] = []
    task = service.task(RUN, {"request": request("linger", {}), "image": None})
    task.listen(lambda event: event.message and seen.append((event.message, event.current, event.maximum)))
    began = time.monotonic()
    finish(task)
    assert seen[0] == ("lingering", 0, 20)
    assert len(seen) <= 10 * (time.monotonic() - began) + 1


def test_cancel_stops_a_run(service: Service) -> None:
    task = service.task(RUN, {"request": request("endless", {}), "image": None})
    seen: list[str] = []
    task.listen(lambda event: event.message and seen.append(event.message))
    task.start()
    hold(task, lambda: bool(seen))
    task.cancel()
    told = json.loads(finish(task)["reply"])
    assert told["status"] == "cancelled"
    assert told["message"] == "The run was stopped before it finished."


def test_cancel_stops_who_waits(service: Service) -> None:
    first = start(service, RUN, request=request("endless", {}), image=None)
    hold(first, lambda: first.status == TaskStatus.RUNNING)
    time.sleep(0.2)
    second = start(service, RUN, request=request("endless", {}), image=None)
    hold(second, lambda: second.status == TaskStatus.RUNNING)
    second.cancel()
    assert json.loads(finish(second)["reply"])["message"] == "The run was stopped before it began."
    assert first.status == TaskStatus.RUNNING
    first.cancel()
    assert json.loads(finish(first)["reply"])["status"] == "cancelled"


def test_what_the_user_can_mend_is_one_sentence(service: Service) -> None:
    told = reply(service, "make_coffee")
    assert told["status"] == "error"
    assert told["message"].startswith("The engine has no command 'make_coffee'")
    assert told["details"] == ""


def test_what_nobody_foresaw_is_told_with_details(service: Service) -> None:
    told = reply(service, "broken")
    assert told["status"] == "error"
    assert "KeyError: 'lost'" in told["message"]
    assert "\n" not in told["message"]
    assert "Traceback" in told["details"]
    assert reply(service, "linger")["status"] == "done"


def test_plan_then_run_through_shared_memory(service: Service, tmp_path: Path) -> None:
    path = write_movie(tmp_path)
    told = described(path, modified=True)
    text = request(DETECT, SETTINGS, told)
    plan = json.loads(finish(start(service, 'task.outputs["reply"] = ivea_plan(task, request)', request=text))["reply"])
    assert plan == {"status": "ok", "mode": "shared", "planes": {"first": 1, "step": 1, "count": 60}}
    planes = planned(path, plan["planes"])
    with NDArray(str(planes.dtype), list(planes.shape)) as block:
        block.ndarray()[:] = planes
        name = block.shm.name.lstrip("/")
        shared = reply(service, DETECT, SETTINGS, told=told, image=block)
        if sys.platform == "linux":
            script = "open('/proc/self/maps').read()"
            assert name not in finish(service.task(script))["result"]  # the worker has let go of it
    assert shared["status"] == "done", shared
    direct = reply(service, DETECT, SETTINGS, told=described(path))
    for a, b in zip(shared["tables"], direct["tables"], strict=True):
        assert Path(a["path"]).read_bytes() == Path(b["path"]).read_bytes()


def test_plan_refuses_in_one_sentence(service: Service, tmp_path: Path) -> None:
    text = request(DETECT, {"channel": 3}, described(write_movie(tmp_path)))
    out = finish(start(service, 'task.outputs["reply"] = ivea_plan(task, request)', request=text))
    told = json.loads(out["reply"])
    assert told["status"] == "error"
    assert told["message"] == "Channel 3 was asked for, but 'cell.tif' has only 1 channel; choose 1."


# ---------------------------------------------------------------------------- life and death, by bare messages


class Bare:
    """The host's end of the pipes."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            COMMAND, cwd=ROOT, env=ENVIRONMENT, text=True, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def send(self, kind: str, task: str = "t1", **more: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"task": task, "requestType": kind, **more}) + "\n")
        self.process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def end(self) -> tuple[int, list[str], str]:
        """Close the pipe, wait for the process, and return its code, the lines that were left, and the errors."""
        out, errors = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, out.splitlines(), errors


@pytest.fixture
def bare() -> Iterator[Bare]:
    made = Bare()
    yield made
    if made.process.poll() is None:
        made.process.kill()
        made.process.communicate()


def test_messages_are_lines_of_json(bare: Bare) -> None:
    bare.send("CANCEL", "never heard of")
    bare.send("EXECUTE", script='task.update("\u00b5m\\nnext", 1, 2)\n{"name": "\u00b5"}')
    assert bare.receive() == {"task": "t1", "responseType": "LAUNCH"}
    told = bare.receive()
    assert (told["responseType"], told["message"], told["current"]) == ("UPDATE", "\u00b5m\nnext", 1)
    assert bare.receive() == {"task": "t1", "responseType": "COMPLETION", "outputs": {"name": "\u00b5"}}
    code, left, errors = bare.end()
    assert (code, left) == (0, [])
    assert "never heard of" in errors


def test_a_run_ends_with_its_host(bare: Bare) -> None:
    bare.send("EXECUTE", "t0", script=TEST_COMMANDS)
    assert [bare.receive()["responseType"] for _ in range(2)] == ["LAUNCH", "COMPLETION"]
    bare.send("EXECUTE", script=RUN, inputs={"request": request("endless", {}), "image": None})
    assert [bare.receive()["responseType"] for _ in range(2)] == ["LAUNCH", "UPDATE"]
    code, left, _ = bare.end()
    assert code == 0  # by itself; it is 1 where the watchdog had to end it
    assert '\\"cancelled\\"' in left[-1]


def test_work_that_does_not_listen_ends_too(bare: Bare) -> None:
    bare.send("EXECUTE", script="import time; time.sleep(600)")
    assert bare.receive()["responseType"] == "LAUNCH"
    assert bare.end()[0] == 1


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_interrupting_the_terminal_is_the_hosts_affair(bare: Bare) -> None:
    bare.send("EXECUTE", script="1")
    assert [bare.receive()["responseType"] for _ in range(2)] == ["LAUNCH", "COMPLETION"]
    bare.process.send_signal(signal.SIGINT)
    bare.send("EXECUTE", "t2", script="2")
    assert bare.receive() == {"task": "t2", "responseType": "LAUNCH"}


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_it_does_not_outlive_a_killed_host(tmp_path: Path) -> None:
    host = textwrap.dedent(
        """
        import sys, time
        from appose.service import Service
        service = Service(sys.argv[1], {"PYTHONPATH": sys.argv[1]}, sys.executable, "-u", "-m", "ivea_fiji.worker")
        task = service.task("import os; {'pid': os.getpid()}").start()
        task.wait_for()
        print(task.outputs["pid"], flush=True)
        service.task("import time; time.sleep(600)").start()
        time.sleep(600)
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", host, str(ROOT)], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        assert process.stdout is not None
        worker = int(process.stdout.readline())
        time.sleep(0.3)
        process.kill()
    end = time.monotonic() + PATIENCE_S
    while _runs(worker):
        assert time.monotonic() < end, "the worker outlived its host"
        time.sleep(0.1)


def _runs(pid: int) -> bool:
    """Return whether a process still works; one that only waits to be buried does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] == "Z")


# ---------------------------------------------------------------------------- parts


def test_progress_lets_the_first_through_and_thins_the_rest() -> None:
    class Listener:
        cancel_requested = False

        def __init__(self) -> None:
            self.told: list[tuple[str, int, int]] = []

        def update(self, *facts: Any) -> None:
            self.told.append(facts)

    listener = Listener()
    progress = TaskProgress(listener)
    for done in range(1000):
        progress.update("stage", np.int64(done), 1000)
    assert listener.told[0] == ("stage", 0, 1000)
    assert len(listener.told) < 10
    assert not progress.cancelled()
    listener.cancel_requested = True
    assert progress.cancelled()


def test_plain_keeps_what_json_knows() -> None:
    value = {"a": [1, 2.5, "x", None, True]}
    assert plain(value) == value
