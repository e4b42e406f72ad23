"""An engine for tests that goes wrong in every way: python fake_worker.py [START], where START names a fault.

It speaks Appose's protocol without Appose; the command of a request names the fault of its answer.
"""

import json
import mmap
import os
import sys
import threading
import time

START = sys.argv[1] if len(sys.argv) > 1 else ""
CANCELLED = set()


def send(task, kind, **more):
    """Write one message of the protocol."""
    line = json.dumps({"task": task, "responseType": kind, **more})
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def answer(task, **reply):
    """End a task with a reply."""
    send(task, "COMPLETION", outputs={"reply": json.dumps(reply)})


def hello(task):
    """Answer the first question."""
    if START == "silent":
        return
    if START == "mumbling":
        sys.stdout.write("loading ... ")
    if START == "no start":
        sys.stderr.write("ModuleNotFoundError: No module named 'ivea_fiji'\n")
        os._exit(1)
    answer(task, status="ok", protocol=2 if START == "protocol" else 1, ivea="9.9.9", python="3", device="CPU",
           executable=sys.executable, pid=os.getpid())  # fmt: skip


def plan(task, request):
    """Ask for every plane from `first` on, one in `step`, unless the command says otherwise."""
    image = request["image"]
    mode = {"by path": {"mode": "path"}, "no pixels": {"mode": "none"}}.get(request["command"])
    if mode is None:
        first, step = request["params"].get("first", 1), request["params"].get("step", 1)
        planes = image["channels"] * image["slices"] * image["frames"]
        mode = {"mode": "shared", "planes": {"first": first, "step": step, "count": (planes - first) // step + 1}}
    answer(task, status="ok", **mode)


def pixels(image):
    """Sum of the numbers of every plane that was sent."""
    if image is None:
        return []
    count, height, width = image["shape"]
    kind = {"uint8": "B", "uint16": "H", "float32": "f"}[image["dtype"]]
    with open("/dev/shm/" + image["shm"]["name"], "rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        numbers = memoryview(data)[: count * height * width * int(image["dtype"].lstrip("uintfloa")) // 8].cast(kind)
        size = height * width
        sums = [sum(numbers[i * size : (i + 1) * size]) for i in range(count)]
        numbers.release()
    return [number if number == number else None for number in sums]


def run(task, request, image):
    """Do what the name of the command says, or tell what arrived."""
    command, params = request["command"], request["params"]
    if command == "hang":
        return
    if command == "crash":
        sys.stderr.write("last words\n")
        os._exit(5)
    if command == "killed":
        os.kill(os.getpid(), 9)
    if command == "NaN":
        send(task, "COMPLETION", outputs={"reply": float("nan")})
    elif command == "noise":
        sys.stdout.write("100%|######| ")
        answer(task, status="done")
    elif command == "garbage":
        sys.stdout.write("\0\1 {]\n")
    elif command == "huge":
        sys.stdout.write("x" * (1 << 20) * 300)
    elif command == "closed":
        os.close(1)
        time.sleep(600)
    elif command == "failure":
        send(task, "FAILURE", error="Traceback: something")
    elif command == "no json":
        send(task, "COMPLETION", outputs={"reply": "done"})
    elif command == "no reply":
        send(task, "COMPLETION", outputs={})
    elif command == "refuse":
        answer(task, status="error", message="Give it another name.", details="why")
    elif command in ("steps", "stubborn"):
        for step in range(int(params["steps"])):
            send(task, "UPDATE", message="step", current=step + 1, maximum=int(params["steps"]))
            time.sleep(float(params["seconds"]))
            if task in CANCELLED and command == "steps":
                answer(task, status="cancelled", message="Stopped.")
                return
        answer(task, status="done", message="all steps")
    else:
        answer(task, status="done", message=command, request=request, image=image and image["shm"]["name"],
               shape=image and image["shape"], dtype=image and image["dtype"], sums=pixels(image), pid=os.getpid(),
               tiff=tiff(request))  # fmt: skip
    sys.stdout.flush()


def tiff(request):
    """Size of the file that stands for the pixels."""
    stand_in = (request["image"] or {}).get("stand_in")
    return stand_in and os.path.getsize(stand_in)


def main():
    """Serve until standard input ends."""
    if START == "chatty":
        sys.stdout.write("Welcome to Python!\n")
        sys.stdout.flush()
    for line in sys.stdin:
        message = json.loads(line)
        task = message["task"]
        if message["requestType"] == "CANCEL":
            CANCELLED.add(task)
            continue
        send(task, "LAUNCH")
        inputs = message["inputs"] or {}
        request = json.loads(inputs.get("request") or "null")
        if "ivea_hello" in message["script"]:
            hello(task)
        elif "ivea_plan" in message["script"]:
            plan(task, request)
        else:
            threading.Thread(target=run, args=(task, request, inputs["image"]), daemon=True).start()


main()
