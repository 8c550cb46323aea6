"""The laws of the tree that imports can break: direction, who knows plug-ins, what stays unloaded."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import breakfix

ROOT = Path(breakfix.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))
STAGES = ("curate", "post_train", "benchmark", "red_team", "identify")
HEAVY = ("torch", "transformers", "trl", "peft", "datasets", "scipy", "matplotlib", "pyarrow", "sklearn")


def imported(tree: ast.AST) -> list[tuple[ast.AST, str]]:
    found: list[tuple[ast.AST, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found += [(node, f"{node.module}.{alias.name}") for alias in node.names]
    return found


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_opens_with_its_caption_and_fits_in_the_head(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    caption = ast.get_docstring(ast.parse(text))
    assert caption, "the first docstring line of a file is its caption"
    assert len(text.splitlines()) <= 300


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_import_hides_behind_typing_or_inside_a_function(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [name for _, name in imported(tree)]
    assert not any(name.endswith("TYPE_CHECKING") for name in names)
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        own = [name for _, name in imported(function) if name.startswith("breakfix")]
        assert not own, f"{function.name} imports {own}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_functions_stay_short(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, node.name


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_imports_no_other_stage_and_no_plugin_registry(stage: str) -> None:
    forbidden = (*(f"breakfix.{other}" for other in STAGES if other != stage), "breakfix.plugins", "breakfix.cycle")
    for path in (ROOT / stage).rglob("*.py"):
        for _, name in imported(ast.parse(path.read_text(encoding="utf-8"))):
            assert not name.startswith(forbidden), f"{path} imports {name}"


def test_only_the_cycle_and_the_command_line_know_plugin_names() -> None:
    for path in MODULES:
        if path.relative_to(ROOT).parts[0] in ("cycle", "cli"):
            continue
        for _, name in imported(ast.parse(path.read_text(encoding="utf-8"))):
            assert not name.startswith("breakfix.plugins"), f"{path} imports {name}"


@pytest.mark.parametrize(
    "code",
    [
        "import breakfix; breakfix.run_cycle",
        "from breakfix.plugins import *; [caption(e) for k in KINDS for e in entries(k).values()]",
    ],
    ids=["importing the package", "listing plug-ins"],
)
def test_nothing_heavy_is_loaded_by(code: str) -> None:
    script = f"{code}\nimport sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_loads_neither_the_cycle_nor_any_model_library() -> None:
    script = (
        "import sys\nfrom breakfix.cli import main\nsys.argv = ['breakfix', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {(*HEAVY, 'numpy', 'breakfix.cycle')!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")


def test_the_public_face_is_exactly_what_it_says() -> None:
    public = {name for name in dir(breakfix) if not name.startswith("_")}
    assert set(breakfix.__all__) <= public
