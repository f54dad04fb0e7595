# Calls real tools only: after `make setup`, `. .venv/bin/activate` and use dbt, pytest, … as they are.

# Options that a person may set. Each is exported with the prefix MAKE_, so that neither make nor
# the shell changes its blanks, quotes, $ and line breaks.
override OPTIONS := DATA COLUMNS TARGET TUNE PROTOCOL ALGORITHM DRAWS Q FORMAT RELEASE KEEP SIZE SEED KILLS PORT YES PYTHON
unexport $(OPTIONS)
$(foreach name,$(OPTIONS),$(eval export MAKE_$(name) = $$(value $(name))))

# These count on make's command line only. A shell sets COLUMNS itself, and a YES that was exported
# for another program must not remove a lake.
$(foreach name,COLUMNS YES,$(if $(filter command,$(origin $(name))),,$(eval override $(name) :=)))
# USER counts on the command line only, too, since a shell sets it.
override given_user := $(if $(filter command,$(origin USER)),$(value USER))
$(if $(filter command,$(origin USER)),$(eval unexport USER))
override MAKE_USER = $(value given_user)
export MAKE_USER

override BIN := .venv/bin
override PACKAGES := .venv/.installed
override JARS := $(shell sed -n 's|^[^:\#]*:\([^:]*\):\([^ ]*\) .*|jars/\1-\2.jar|p' jars.lock)
override CLASSES := jars/classes.jsa
# For commands without the option --target, which refuse another lake than that of this machine.
override GIVEN_TARGET := $${MAKE_TARGET:+env REELHOUSE_TARGET="$$MAKE_TARGET"}
override DATA_FILES := $(addprefix data/ml-100k/,u.data u.item u.user README.txt)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup setup-s3 build demo update evaluate tune test test-all test-faults sql shell history rollback maintain forget docs report page app bench lint lock clean

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' Makefile | awk -F '\t' '{printf "  make %-11s %s\n", $$1, $$2}'

setup: $(PACKAGES) $(JARS) $(DATA_FILES) profiles.yml ## install packages, jars and data; the other targets do so too

setup-s3: setup ## also install the jar for tables on S3 (69 MB)
	$(call set_up,s3)

build: setup ## compute recommendations and metrics (DATA=a release, folder, zip, file or table:NAME COLUMNS=… TUNE=no TARGET=local)
	@$(BIN)/reelhouse build --data="$$MAKE_DATA" --columns="$$MAKE_COLUMNS" \
	    --target="$$MAKE_TARGET" --tune="$$MAKE_TUNE"

demo: setup ## build MovieLens 100k unless it is built, show a list of the tutorial, and serve the explorer (PORT=8000)
	@$(GIVEN_TARGET) $(BIN)/reelhouse demo --port="$${MAKE_PORT:-8000}"

update: setup ## take new and changed ratings, rank, and publish, without a new evaluation (DATA= COLUMNS= as in the last build)
	@$(BIN)/reelhouse update --data="$$MAKE_DATA" --columns="$$MAKE_COLUMNS" \
	    --target="$$MAKE_TARGET"

evaluate: setup ## evaluate one more protocol (PROTOCOL=kfold, leave_last, user_time, user_holdout or another of seeds/protocols.csv)
	@$(BIN)/reelhouse evaluate --target="$$MAKE_TARGET" -- "$$MAKE_PROTOCOL"

tune: setup ## try more parameters on the validation rows (ALGORITHM=als_graded DRAWS=20)
	@$(GIVEN_TARGET) $(BIN)/reelhouse tune --draws="$${MAKE_DRAWS:-0}" -- "$$MAKE_ALGORITHM"

sql: setup ## DuckDB on the lake: a prompt, or one query (Q="select …" FORMAT=table|csv|json RELEASE=12 TARGET=local)
	@$(BIN)/reelhouse sql --format="$${MAKE_FORMAT:-table}" --release="$$MAKE_RELEASE" --target="$$MAKE_TARGET" \
	    $${MAKE_Q:+-- "$$MAKE_Q"}

shell: setup ## a prompt for dbt commands that keeps Spark running (TARGET=local)
	@$(BIN)/reelhouse shell --target="$$MAKE_TARGET"

history: setup ## list the releases, or the changes of one (RELEASE=12 FORMAT=table|csv|json TARGET=local)
	@$(BIN)/reelhouse history --format="$${MAKE_FORMAT:-table}" --release="$$MAKE_RELEASE" \
	    --target="$$MAKE_TARGET"

rollback: setup ## show an earlier release to readers again (RELEASE=11 TARGET=local)
	@$(BIN)/reelhouse rollback --target="$$MAKE_TARGET" -- "$$MAKE_RELEASE"

maintain: setup ## keep the newest releases, and remove the files that only older ones need (KEEP=5)
	@$(GIVEN_TARGET) $(BIN)/reelhouse maintain --keep="$${MAKE_KEEP:-5}"

forget: setup ## erase a user from every table and release (USER=the id in the source)
	@$(GIVEN_TARGET) $(BIN)/reelhouse forget -- "$$MAKE_USER"

# Three processes; conftest.py says which tests share one.
override TESTS := $(BIN)/pytest -n 3 packages/dbt-spark-session tests/unit tests/e2e tests/faults

test: lint $(CLASSES) ## lint, unit tests and end-to-end builds
	@$(TESTS)

test-all: lint $(CLASSES) ## all of `make test`, and the long tests
	@$(TESTS) -m 'slow or not slow'

# The counts are those of the whole run, so all tests are in one process.
test-faults: setup $(CLASSES) ## kill builds, fill disks and cut connections, and count what readers see (KILLS=200 SEED=1)
	@REELHOUSE_FAULTS_KILLS="$$MAKE_KILLS" REELHOUSE_FAULTS_SEED="$$MAKE_SEED" \
	    $(BIN)/pytest tests/faults -m 'slow or not slow'

override PAGES := *.md docs examples/*/*.md packages/*/*.md packages/*/examples/*/*.md tests
# More than 100 columns, with a blank to wrap at, and no row of a table as unit tests have them.
override WIDE := '^(?=.{101})(?!\s*- [{[])\s*\S+\s+\S+\s'

# Run a command, and print its output only when it fails.
override unless_fine = printed=$$( ( $(1) ) 2>&1 ) || { printf '%s\n' "$$printed"; exit 1; }

lint: setup ## ruff, mypy, import-linter, deptry, width of prose, sqlfluff, dbt-bouncer
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(call unless_fine,$(BIN)/lint-imports)
	@$(call unless_fine,$(BIN)/deptry src)
	@$(call unless_fine,cd packages/dbt-spark-session && ../../$(BIN)/deptry src)
	@$(call unless_fine,$(BIN)/pymarkdown scan --recurse $(PAGES))
	@! LC_ALL=C.UTF-8 git grep -nP $(WIDE) -- '*.yml' ':!profiles' || { \
	    echo "error: prose in YAML has at most 100 columns" >&2; exit 1; }
	@PYTHONWARNINGS=ignore:resource_tracker $(BIN)/sqlfluff lint --processes 0 \
	    --disable-progress-bar models macros tests examples/*/models
	@$(BIN)/dbt --quiet parse --target-path target/lint
	@$(call unless_fine,$(BIN)/dbt-bouncer run --config-file dbt-bouncer.yml)

docs: setup ## write the tables, where every column comes from, and the tests as one page, target/docs.html (TARGET=local)
	@$(BIN)/reelhouse docs --target="$$MAKE_TARGET"

report: setup ## write the evaluation, with plots, as one page, target/report.html (TARGET=local)
	@$(BIN)/reelhouse report --target="$$MAKE_TARGET"

page: setup ## write one file that recommends in a browser, without a network, target/reelhouse.html (TARGET=local)
	@$(BIN)/reelhouse page --target="$$MAKE_TARGET"

app: setup ## serve the explorer and an HTTP API on this machine (PORT=8000 TARGET=local)
	@$(BIN)/reelhouse app --port="$${MAKE_PORT:-8000}" --target="$$MAKE_TARGET"

bench: setup ## measure Reelhouse and other libraries on the same ratings (SIZE=1m, 16m, 128m, peers, roofline, 1m-build, 16m-build, 20m-build, 32m-build, 128m-build, scaling, 1m-update, 20m-update, 1m-kfold, kfold, shell, published, serve, clicks DATA=folder)
	@$(BIN)/python -m benchmarks $${MAKE_DATA:+--data="$$MAKE_DATA"} "$${MAKE_SIZE:-1m}"

lock: setup ## recompile requirements.lock from pyproject.toml, and benchmarks/peers.txt
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --extra dev \
	    --no-emit-package reelhouse --no-emit-package dbt-spark-session --no-header --no-annotate --quiet \
	    --output-file requirements.lock pyproject.toml
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
	    --no-header --no-annotate --quiet --output-file benchmarks/peers.txt benchmarks/peers.in

clean: ## remove the lake (asks first, unless YES=1) and target/; keep packages, jars, data
	@$(BIN)/python -c 'import reelhouse.commands.clean' >/dev/null 2>&1 || { \
	    echo "error: nothing was removed, since .venv has no working Reelhouse: run make setup first, or remove $${REELHOUSE_LAKE:-lake} and target yourself" >&2; \
	    exit 1; }
	@$(GIVEN_TARGET) $(BIN)/reelhouse clean --yes="$$MAKE_YES"

# Try each name, since Debian may have python3 only, and a pyenv shim may exist for a missing Python.
override define set_up
@set -- python3.13 python3.12 python3.11 python3; \
[ -z "$$MAKE_PYTHON" ] || set -- "$$MAKE_PYTHON"; \
for python do \
    if "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; \
    then PYTHONPATH=src exec "$$python" -m reelhouse.setup $(1); fi; \
done; \
echo "error: no working Python 3.11, 3.12 or 3.13 found as $$*: install one (Debian/Ubuntu: sudo apt install python3 python3-venv), or name yours with make PYTHON=/path/to/python" >&2; \
exit 1
endef

$(PACKAGES): requirements.lock pyproject.toml packages/dbt-spark-session/pyproject.toml
	$(call set_up,packages)

$(JARS): jars.lock | $(PACKAGES)
	$(call set_up,jars)

# Every command starts 3 s sooner with this file, and writing it takes 40 s.
$(CLASSES): requirements.lock $(JARS) | $(PACKAGES)
	$(call set_up,classes)

$(DATA_FILES): | $(PACKAGES)
	$(call set_up,data)

profiles.yml:
	$(call set_up,profile)
