"""``ivea``: the commands, and what becomes of an error."""

from __future__ import annotations

import logging
import os
import platform
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Sequence

from cyclopts import App, CycloptsError
from pydantic import ValidationError

from ivea_fiji.cli.console import any_encoding, print_json
from ivea_fiji.cli.options import fault
from ivea_fiji.errors import Cancelled, IveaError, ParameterError
from ivea_fiji.version import __version__

OK, FAILED, BAD_USAGE, STOPPED = 0, 1, 2, 130


def make_app() -> App:
    """Put the commands together."""
    from ivea_fiji.cli import (
        batch,
        dataset,
        detect,
        doctor,
        evaluate,
        fiji,
        imagej,
        judge,
        measure,
        models,
        refine,
        rerun,
        simulate,
        train,
    )  # fmt: skip
    from ivea_fiji.commands.modules import MODULES

    app = App(
        name="ivea",
        help="Find and classify exocytosis events in fluorescence time-lapse movies.",
        version=__version__,
        help_flags=["--help", "-h"],
        help_format="plaintext",
        suppress_keyboard_interrupt=False,
    )
    for module in MODULES.values():
        app.command(detect.detect(module), name=module.cli)
        app.command(batch.batch(module), name=module.batch_command)
    app.command(measure.measure)
    app.command(rerun.rerun)
    app.command(simulate.simulate)
    app.command(dataset.app)
    app.command(train.train)
    app.command(train.train_lstm)
    app.command(refine.refine)
    app.command(judge.judge)
    app.command(evaluate.evaluate)
    app.command(models.app)
    app.command(fiji.app)
    app.command(imagej.imagej)
    app.command(doctor.doctor)
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 wrong usage, 130 stopped."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    any_encoding()
    _listen(verbose="--verbose" in given, quiet="--quiet" in given)
    try:
        code = make_app()(given, exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
        return code if isinstance(code, int) else OK
    except BrokenPipeError:  # the reader went away, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return OK
    except Cancelled as error:
        return _fail(str(error), STOPPED, given)
    except KeyboardInterrupt:
        return _fail("stopped at once; look into the result folder before you use it", STOPPED, given)
    except CycloptsError as error:
        return _fail(_usage(error), BAD_USAGE, given)
    except ParameterError as error:
        return _fail(str(error), BAD_USAGE, given)
    except IveaError as error:
        return _fail(str(error), FAILED, given)
    except Exception as error:
        return _fail(_unexpected(error, given), FAILED, given)


def _fail(text: str, code: int, given: list[str]) -> int:
    """Say `text`, with the traceback if asked, and return `code`."""
    if "--verbose" in given:
        traceback.print_exc()
    print(f"ivea: {' '.join(text.split())}", file=sys.stderr)
    if "--json" in given:
        print_json({"error": " ".join(text.split()), "exit_code": code})
    return code


def _usage(error: CycloptsError) -> str:
    """Return what is wrong with the command line, in one sentence with the way to the help."""
    if isinstance(error.__cause__, ValidationError):
        return fault(error.__cause__)
    command = " ".join(("ivea", *(error.command_chain or ())))
    text = str(error).strip()
    return f"{text}{'' if text.endswith(('.', '?')) else '.'} (`{command} --help` lists what can be given.)"


def _unexpected(error: Exception, given: list[str]) -> str:
    """Turn a fault nobody foresaw into one sentence, and keep the rest in a log file."""
    if isinstance(error, MemoryError):
        return "There is not enough memory; close other programs or analyse fewer frames at a time (--last-frame)."
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    text = f"ivea {__version__}, Python {platform.python_version()}, {platform.platform()}\n{given}\n\n"
    try:
        # A new file that only its owner may read: the temporary folder is shared, and names could be guessed.
        with tempfile.NamedTemporaryFile(
            "w", prefix=f"ivea-{time.strftime('%Y%m%d-%H%M%S')}-", suffix=".log", encoding="utf-8", delete=False
        ) as file:
            file.write(text + traceback.format_exc())
            log = file.name
    except OSError:
        return f"something unforeseen went wrong ({what}), and no log could be written; --verbose shows more."
    return f"something unforeseen went wrong ({what}); please report it with the file {log}"


def _listen(*, verbose: bool, quiet: bool) -> None:
    """Show the library's log: all of it with --verbose, else its warnings as notes."""
    logger = logging.getLogger("ivea_fiji")
    for old in list(logger.handlers):
        logger.removeHandler(old)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s" if verbose else "note: %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if verbose else logging.ERROR if quiet else logging.WARNING)
    if not verbose:
        warnings.simplefilter("ignore")


if __name__ == "__main__":
    sys.exit(main())
