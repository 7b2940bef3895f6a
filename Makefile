# Each sets up what it needs: pyproject.toml names the packages, .ci/constraints.txt their versions.
#   PYTHON=python3.12      makes .venv with this interpreter
#   PIP_ARGS="..."         further arguments for pip
#   PYTEST_ARGS="..."      further arguments for pytest; "-n 0" runs all in one process
#   FUZZ_ARGS="..."        which readers are fuzzed, and by how many cases
#   SOAK_ARGS="..."        how much sound, how many kills, and by which seed
export PYTHON PIP_ARGS

.PHONY: help run train test coverage fuzz soak venv lint wheel bundle test-package clean distclean

help:
	@echo "make run        set up, then open the window on the demo recording"
	@echo "make train      set up the training as well, then list its options"
	@echo "make test       set up all, then run the tests"
	@echo "make coverage   run the tests, and say how many lines of model/ and app/ they run"
	@echo "make fuzz       set up all, then try the readers on damaged files, for hours"
	@echo "make soak       set up all, then kill what writes, and listen for hours to a bad device"
	@echo "make venv       set up alone, as for make run: system libraries and .venv"
	@echo "make lint       ruff, mypy --strict on model/ and app/, and who may import whom"
	@echo "make wheel      build the wheel and the source archive into build/package/dist"
	@echo "make bundle     build a folder that runs without Python into build/package/noteglow"
	@echo "make test-package  build both and try them as whoever gets them would"
	@echo "make clean      remove build/ and the tools' caches"
	@echo "make distclean  remove .venv as well"

run:
	@bash .ci/set-up.sh run
	@.venv/bin/python main.py demo

train:
	@bash .ci/set-up.sh train
	@.venv/bin/python -m training --help
	@echo "Go on with .venv/bin/python -m training --action ...; docs/training.md shows the way."

# One process more than there are cores, at most eight: many tests wait for programs they started.
# Compiled modules are kept whatever the environment says: those programs would compile them anew.
test:
	@bash .ci/set-up.sh tests
	PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 QT_QPA_PLATFORM=offscreen .venv/bin/python -m pytest \
		-n $$(.venv/bin/python -c "import os; print(min(os.cpu_count() + 1, 8))") \
		--dist worksteal $(PYTEST_ARGS)

# Programs that the tests start count as well.
coverage:
	@bash .ci/set-up.sh tests
	.venv/bin/python -m coverage erase
	OMP_NUM_THREADS=1 QT_QPA_PLATFORM=offscreen .venv/bin/python -m pytest \
		-n logical --maxprocesses 8 --dist worksteal --cov --cov-report= $(PYTEST_ARGS)
	.venv/bin/python -m tests.coverage_limits

fuzz:
	@bash .ci/set-up.sh dev
	.venv/bin/python -m tests.fuzz $(FUZZ_ARGS)

soak:
	@bash .ci/set-up.sh dev
	OMP_NUM_THREADS=1 QT_QPA_PLATFORM=offscreen .venv/bin/python -m tests.soak $(SOAK_ARGS)

venv:
	@bash .ci/set-up.sh run

lint:
	@bash .ci/set-up.sh dev
	.venv/bin/python -m ruff check .
	.venv/bin/python -m mypy --strict model app
	.venv/bin/lint-imports

wheel:
	@bash .ci/set-up.sh dev
	.venv/bin/python -m build --outdir build/package/dist .

bundle:
	@bash .ci/set-up.sh dev
	.venv/bin/python -m PyInstaller --noconfirm --log-level WARN \
		--distpath build/package --workpath build/package/work distribution/noteglow.spec

test-package: bundle
	.venv/bin/python distribution/try_package.py wheel
	.venv/bin/python distribution/try_package.py bundle

clean:
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find . -path ./.venv -prune -o -name __pycache__ -prune -exec rm -rf {} +

distclean: clean
	rm -rf .venv
