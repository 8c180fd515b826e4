"""Read from the source: nothing is unpickled or evaluated, SQL has parameters, paths are hashes."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import load_settings
from storage.errors import InvalidImageHash
from storage.image_folder import ImageFolder

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    path for name in ("bot", "engine", "storage") for path in ROOT.glob(f"{name}/**/*.py")
)
FORBIDDEN_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "jsonpickle"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_METHODS = {
    ("yaml", "load"),
    ("yaml", "load_all"),
    ("yaml", "unsafe_load"),
    ("yaml", "unsafe_load_all"),
    ("yaml", "full_load"),
    ("yaml", "full_load_all"),
    ("torch", "load"),
    ("os", "system"),
}
# What is loaded from text files alone.
WEIGHTLESS = re.compile("Tokenizer|Processor|Scheduler|Config")
SQL_CALLS = {"text", "exec_driver_sql"}


def nodes() -> Iterator[tuple[str, ast.AST]]:
    for path in MODULES:
        where = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            yield where, node


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def dangers(node: ast.AST) -> list[str]:
    """What in ``node`` could run what a file says."""
    if isinstance(node, ast.Import):
        return sorted({alias.name.partition(".")[0] for alias in node.names} & FORBIDDEN_MODULES)
    if isinstance(node, ast.ImportFrom):
        module = (node.module or "").partition(".")[0]
        if module in FORBIDDEN_MODULES:
            return [module]
        return [f"{module}.{a.name}" for a in node.names if (module, a.name) in FORBIDDEN_METHODS]
    if not isinstance(node, ast.Call):
        return []
    if any(k.arg == "allow_pickle" and not _is_false(k.value) for k in node.keywords):
        return ["allow_pickle"]
    if isinstance(node.func, ast.Name):
        return [node.func.id] if node.func.id in FORBIDDEN_CALLS else []
    if not isinstance(node.func, ast.Attribute):
        return []
    owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
    # With weights_only, torch makes tensors and nothing else of what it reads.
    if node.func.attr == "from_pretrained" and not WEIGHTLESS.search(owner):
        safe = any(k.arg == "use_safetensors" and _is_true(k.value) for k in node.keywords)
        # Two stars: a dictionary that several calls share.
        return [] if safe or any(k.arg is None for k in node.keywords) else ["from_pretrained"]
    tensors = any(k.arg == "weights_only" and _is_true(k.value) for k in node.keywords)
    called = (owner, node.func.attr)
    return [".".join(called)] if called in FORBIDDEN_METHODS and not tensors else []


def test_nothing_is_unpickled_or_evaluated() -> None:
    assert [f"{where}: {danger}" for where, node in nodes() for danger in dangers(node)] == []


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from dill import loads",
        "eval(text)",
        "yaml.load(text)",
        "yaml.unsafe_load(text)",
        "yaml.full_load(text)",
        "torch.load(file)",
        "torch.load(file, weights_only=False)",
        "np.load(file, allow_pickle=True)",
        "numpy.load(file, allow_pickle=chosen)",
        "os.system(text)",
        "from torch import load",
        "from yaml import load",
        "UNet2DConditionModel.from_pretrained(folder)",
        "UNet2DConditionModel.from_pretrained(folder, use_safetensors=chosen)",
    ],
)
def test_what_would_unpickle_or_evaluate_is_found(line: str) -> None:
    assert [danger for node in ast.walk(ast.parse(line)) for danger in dangers(node)]


def test_no_sql_is_put_together_from_values() -> None:
    found = []
    for where, node in nodes():
        if not where.startswith("storage/") or "migrations" in where:
            continue
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in SQL_CALLS and isinstance(node.args[0], ast.JoinedStr | ast.BinOp):
                found.append(f"{where}:{node.lineno}")
    assert found == []


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a" * 63, "A" * 64, "/" + "a" * 63, "a" * 64 + "\n", "", "\0" * 64]
)
async def test_no_path_is_made_from_what_is_no_hash(tmp_path: Path, name: str) -> None:
    store = ImageFolder(tmp_path)
    for method in (store.get, store.exists, store.delete):
        with pytest.raises(InvalidImageHash):
            await method(name)


def test_health_and_metrics_stay_on_this_machine_by_default() -> None:
    hosts = [
        field.default
        for name, field in type(load_settings()).model_fields.items()
        if name.endswith("_host")
    ]
    assert hosts
    assert set(hosts) == {"127.0.0.1"}
