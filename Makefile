# `make run` and `make test` set up what they need; pyproject.toml says at which versions.
#   PYTHON=python3.12      makes .venv with this interpreter
#   PIP_ARGS="..."         further arguments for pip
#   PYTEST_ARGS="..."      further arguments for pytest
export PYTHON PIP_ARGS

.PHONY: help run test venv lint clean distclean

help:
	@echo "make run        set up, then open the window on the demo recording"
	@echo "make test       set up, then run the tests"
	@echo "make venv       set up alone: system libraries and .venv"
	@echo "make lint       ruff, mypy --strict on model/ and app/, and who may import whom"
	@echo "make clean      remove build/ and the tools' caches"
	@echo "make distclean  remove .venv as well"

run:
	@bash .ci/set-up.sh
	@.venv/bin/python main.py demo

test:
	@bash .ci/set-up.sh --tests
	OMP_NUM_THREADS=1 QT_QPA_PLATFORM=offscreen .venv/bin/python -m pytest $(PYTEST_ARGS)

venv:
	@bash .ci/set-up.sh

lint:
	@bash .ci/set-up.sh
	.venv/bin/python -m ruff check .
	.venv/bin/python -m mypy --strict model app
	.venv/bin/lint-imports

clean:
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find . -path ./.venv -prune -o -name __pycache__ -prune -exec rm -rf {} +

distclean: clean
	rm -rf .venv
