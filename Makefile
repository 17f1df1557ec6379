# make run    the studio in your browser, on a fresh machine too
# make test   installs what the tests need, and passes them
# make check  format, lint, types and tests
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check lint format setup bench clean

run: .venv/ready
	$(BIN)/streamlit run app.py

setup: .venv/ready

# The small weights are fetched here, and rembg is imported once: its first import compiles for half a minute.
.venv/ready: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(if $(shell command -v nvidia-smi),,$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		-r requirements-cpu.txt || echo "OpenVINO has no wheel for this machine; PyTorch runs diffusion models instead.")
	$(BIN)/python main.py models pull
	$(BIN)/python -c "import rembg.bg"
	touch $@

.venv/ready-to-test: .venv/ready requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

test: .venv/ready-to-test
	$(BIN)/python -m pytest -n auto $(PYTEST_ARGS)

lint: .venv/ready-to-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

check: lint test

format: .venv/ready-to-test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/ready-to-test
	$(BIN)/python -m benchmarks.instant
	$(BIN)/python -m benchmarks.pipeline
	$(BIN)/python -m benchmarks.edges
	$(BIN)/python -m benchmarks.scenes
	$(BIN)/python -m benchmarks.masks
	$(BIN)/python -m benchmarks.cross_validation

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
