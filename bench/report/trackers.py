"""Finished runs copied into an experiment tracker: settings, figures with their intervals, and where they come from.

The run's folder stays the truth; what a tracker shows is a copy. Where it goes is the tracker's own business
(WANDB_MODE=offline, MLFLOW_TRACKING_URI, TRACKIO_DIR): nothing is sent anywhere that its own settings do not say.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from bench.errors import BenchError, unknown
from bench.store import Run

ENDS = ("low", "high")
AWAY = ("TRACKIO_SPACE_ID", "TRACKIO_SERVER_URL")  # by these trackio keeps runs on another machine


@dataclass(frozen=True, slots=True)
class Record:
    """What a tracker is told of a run: `figures` are "ndcg@10", "ndcg@10/low", "ndcg@10/high", ..., and counts."""

    id: str
    name: str
    config: Mapping[str, Any]
    figures: Mapping[str, float]
    tags: Mapping[str, str]


def record(run: Run) -> Record:
    """Return what a tracker is told of a finished run; a figure that could not be had is left out."""
    told = run.manifest
    config = {f"system.{name}": value for name, value in sorted(told["system"]["config"].items())}
    config |= {"seed": told["seed"], "limit": told["limit"], "seen": told["seen"]}
    config |= {f"device.{name}": value for name, value in sorted(told["device"].items())}
    figures: dict[str, float] = {}
    for name, line in told["figures"].items():
        parts = {name: line.get("value"), **{f"{name}/{end}": line.get(end) for end in ENDS}}
        figures |= {label: float(value) for label, value in parts.items() if value is not None}
    figures |= {name: float(told["counts"][name]) for name in ("cases", "users", "failed")}
    tags = {
        "task": run.task,
        "task.version": str(told["task"]["version"]),
        "system": run.system,
        "data": told["data"]["fingerprint"],
        "key": told["key"],
        "asked": str(told["asked"]),
    }
    return Record(told["key"][:32], f"{run.task}:{run.system}:{told['seed']}", config, figures, tags)


@dataclass(frozen=True, slots=True)
class Sent:
    """How many runs were copied, how many were left as they are, and where it could not be told."""

    copied: int
    already: int
    remark: str = ""


def send(runs: Iterable[Run], to: str, project: str) -> Sent:
    """Copy runs into a project of a tracker; one whose key is there already is left as it is, and counted.

    BenchError if the tracker's package is absent or fails.
    """
    if to not in TRACKERS:
        raise unknown("tracker", to, TRACKERS)
    try:
        package: Any = import_module(to)
    except ModuleNotFoundError as error:
        if error.name != to:
            raise BenchError(f"--to {to}: the package {to} does not import ({error})") from None
        raise BenchError(f'--to {to} needs the package {to}: pip install "navibench[{to}]"') from None
    copied = already = 0
    for one in [record(run) for run in runs]:
        try:
            if TRACKERS[to](package, one, project):
                copied += 1
            else:
                already += 1
        except Exception as error:  # each package has classes of its own
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:240]
            raise BenchError(f"{one.name}: {to} did not take it ({reason})") from error
    return Sent(copied, already, _remark(to))


def _remark(to: str) -> str:
    """Say where a run that is copied again is not found: trackio looks only through what lies on this machine."""
    if to == "trackio" and (away := [name for name in AWAY if os.environ.get(name)]):
        return f"{away[0]} is set: trackio does not tell what is there, so a run copied twice stands there twice"
    return ""


def _wandb(package: Any, told: Record, project: str) -> bool:
    # The key is the run's id, so that a run that is copied again is the same run there.
    opened = package.init(
        project=project, name=told.name, id=told.id, resume="allow", config={**told.config, **told.tags}
    )
    opened.log(dict(told.figures))
    opened.finish()
    return True


def _mlflow(package: Any, told: Record, project: str) -> bool:
    package.set_experiment(project)
    # A run that was interrupted while it was copied is not FINISHED, and no copy.
    wanted = f"tags.`navibench.key` = '{told.tags['key']}' and attributes.status = 'FINISHED'"
    if package.search_runs(experiment_names=[project], filter_string=wanted, max_results=1, output_format="list"):
        return False
    with package.start_run(run_name=told.name):
        package.log_params({name: str(value) for name, value in told.config.items()})
        package.set_tags({f"navibench.{name}": value for name, value in told.tags.items()})
        package.log_metrics({_plain(name): value for name, value in told.figures.items()})
    return True


def _trackio(package: Any, told: Record, project: str) -> bool:
    if not any(os.environ.get(name) for name in AWAY):
        try:
            known = list(package.Api().runs(project))
        except ValueError:  # the project does not exist yet
            known = []
        if any((run.config or {}).get("key") == told.tags["key"] for run in known):
            return False
    package.init(project=project, name=told.name, config={**told.config, **told.tags}, auto_log_gpu=False, embed=False)
    package.log(dict(told.figures))
    package.finish()
    return True


def _plain(name: str) -> str:
    """Return a metric's name as MLflow takes it: "ndcg@10/low" is "ndcg_at_10.low" (a slash would be a folder's)."""
    return re.sub(r"[^\w. -]", "_", name.replace("@", "_at_").replace("/", "."))


TRACKERS: dict[str, Callable[[Any, Record, str], bool]] = {"mlflow": _mlflow, "trackio": _trackio, "wandb": _wandb}
