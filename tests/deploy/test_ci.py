"""GitHub runs what .ci/run runs, and nothing else."""

import re

import yaml

from tests.docs.markdown import ROOT

WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"


def test_the_workflow_runs_the_script_of_this_repository() -> None:
    [job] = yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert script.read_text("utf-8").rstrip().endswith("exec make test")


def test_the_hooks_run_what_make_lint_runs() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    entries = {hook["entry"].split()[0] for repo in hooks for hook in repo["hooks"]}
    [lint] = re.findall(r"^lint:.*\n((?:\t.+\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert entries == {f".venv/bin/{word}" for word in re.findall(r"\$\(BIN\)/(\S+)", lint)}
