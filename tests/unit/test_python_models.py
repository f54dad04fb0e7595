"""Python models call functions that exist, with arguments that these take, without a build."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest
import yaml
from pyspark.sql.pandas.types import from_arrow_schema

from reelhouse.algorithms.explanations import EXPLAINED_COLUMNS
from reelhouse.algorithms.tables import ALS_FACTORS, DRIVER_FITS
from reelhouse.paths import ROOT
from reelhouse.ranking.recommend import RANKED_COLUMNS
from reelhouse.tuning.tuner import TRIALS

MODELS = sorted((ROOT / "python_models").rglob("*.py"))
SCHEMAS = {
    "als_factors": ALS_FACTORS,
    "int_driver_fits": DRIVER_FITS,
    "tuning_trials": TRIALS,
}


def imported(tree: ast.Module) -> dict[str, object]:
    """Return what a model imports, by name; a name that is not there raises AttributeError."""
    return {
        alias.asname or alias.name: getattr(importlib.import_module(node.module), alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def check_calls(source: str) -> int:
    """Check each call of something imported against its signature; return the number of calls."""
    tree = ast.parse(source)
    names, count = imported(tree), 0
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            keywords = {keyword.arg: None for keyword in node.keywords}
            signature = inspect.signature(names[node.func.id])
            try:
                signature.bind(*node.args, **keywords)
            except TypeError as error:
                pytest.fail(f"line {node.lineno} calls {node.func.id}{signature}: {error}")
            count += 1
    return count


@pytest.mark.parametrize("model", MODELS, ids=lambda file: file.stem)
def test_a_model_calls_functions_with_arguments_that_they_take(model: Path) -> None:
    assert check_calls(model.read_text()) >= 1


@pytest.mark.parametrize("model", MODELS, ids=lambda file: file.stem)
def test_a_model_reads_configs_that_its_yaml_sets(model: Path) -> None:
    (described,) = yaml.safe_load(model.with_suffix(".yml").read_text())["models"]
    read = {
        node.args[0].value
        for node in ast.walk(ast.parse(model.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "dbt.config.get"
    }
    assert read <= described.get("config", {}).keys()


def described_types(model: str) -> dict[str, str]:
    """Return the columns of a model and their types in its YAML."""
    (file,) = ROOT.glob(f"python_models/**/{model}.yml")
    (described,) = yaml.safe_load(file.read_text())["models"]
    return {column["name"]: column["data_type"] for column in described["columns"]}


@pytest.mark.parametrize("model", SCHEMAS)
def test_the_yaml_of_a_model_has_the_types_of_its_table(model: str) -> None:
    types = {
        field.name: field.dataType.simpleString() for field in from_arrow_schema(SCHEMAS[model])
    }
    assert described_types(model) == types


@pytest.mark.parametrize(
    ("model", "columns"),
    [
        ("int_recommendations_ranked", RANKED_COLUMNS),
        ("int_rating_contributions", EXPLAINED_COLUMNS),
    ],
)
def test_the_yaml_of_lists_has_their_types(model: str, columns: str) -> None:
    assert described_types(model) == dict(column.split(" ") for column in columns.split(", "))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("fit_ease([], seed=1, speed=1)", "unexpected keyword argument 'speed'"),
        ("fit_ease(seed=1)", "missing a required argument: 'job'"),
    ],
)
def test_a_call_that_does_not_match_is_found(call: str, said: str) -> None:
    with pytest.raises(pytest.fail.Exception, match=said):
        check_calls(f"from reelhouse.algorithms.ease import fit_ease\n{call}\n")
