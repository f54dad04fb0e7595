"""The examples in docstrings run and print what they say."""

import doctest
import importlib
import pkgutil

import pytest

import reelhouse

PACKAGES = ("als", "algorithms", "bayes", "page", "ranking", "serve")
MODULES = sorted(
    module.name
    for package in PACKAGES
    for module in pkgutil.iter_modules(
        [f"{reelhouse.__path__[0]}/{package}"], f"reelhouse.{package}."
    )
)
EXAMPLES = {
    test.name: test
    for name in MODULES
    for test in doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(name), name)
    if test.examples
}
FOR_USERS = {
    "reelhouse.als.fitting.fit",
    "reelhouse.als.fitting.fit_packed",
    "reelhouse.als.new_users.fold_in",
    "reelhouse.als.new_users.fold_in_users",
    "reelhouse.bayes.fit.sample_mf",
    "reelhouse.ranking.recommend.rank_movies",
    "reelhouse.ranking.recommend.rank_similar_movies",
    "reelhouse.ranking.all_users.rank_all",
    "reelhouse.ranking.top_n.top_n",
}


def test_the_functions_that_people_call_have_an_example():
    assert EXAMPLES.keys() >= FOR_USERS


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_prints_what_it_says(name, request):
    test = EXAMPLES[name]
    if any("spark" in example.source for example in test.examples):
        test.globs["spark"] = request.getfixturevalue("spark")
    assert doctest.DocTestRunner().run(test).failed == 0
