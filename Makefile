# Everything a newcomer needs: `make demo` makes a video, `make test` checks the project.
# Both create .venv when it is missing and reuse it when it is not.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet
NANO := $(BIN)/vcomp train --size nano --start-from tiny --cache runs/cache
# Held-out drawn scenes of the numbers in docs/results.md.
SCENES ?= 50
NICE_PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest -n 2

.PHONY: demo test check format numbers hearing tables judge opening sheet gallery drawn-world cli-docs train-tiny ablations bench clean
.DEFAULT_GOAL := demo

demo: $(VENV)/installed
	@mkdir -p out
	@$(BIN)/vcomp generate --text "a yellow circle moves right over a blue background" \
		--sketch examples/circle_sketch.png --motion examples/circle_path.svg --seed 1 --strip -o out/demo.mp4

test: check
	$(NICE_PYTEST)

check: $(VENV)/installed-dev
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/installed-dev
	$(BIN)/ruff check --fix src tests benchmarks
	$(BIN)/ruff format src tests benchmarks

numbers: $(VENV)/installed
	@$(BIN)/python benchmarks/bundle_numbers.py

hearing: $(VENV)/installed
	@$(BIN)/python benchmarks/hearing.py

tables: runs/numbers.jsonl
	$(BIN)/python benchmarks/tables.py --numbers $< $(OPTIONS)

runs/numbers.jsonl: $(wildcard src/vcomp/weights/tiny/*) | $(VENV)/installed
	@mkdir -p $(@D)
	$(BIN)/python benchmarks/bundle_numbers.py --only targets --samples $(SCENES) > $@.partial
	@mv $@.partial $@

judge: $(VENV)/installed
	$(BIN)/python benchmarks/judge.py

opening: $(VENV)/installed
	@$(BIN)/python benchmarks/opening.py

sheet: $(VENV)/installed
	$(BIN)/python benchmarks/contact_sheet.py

drawn-world: $(VENV)/installed
	$(BIN)/python benchmarks/drawn_world.py

gallery: $(VENV)/installed
	$(BIN)/python benchmarks/gallery.py

cli-docs: $(VENV)/installed
	$(BIN)/python benchmarks/cli_docs.py

train-tiny: $(VENV)/installed
	$(BIN)/vcomp train --folder runs/tiny
	$(BIN)/vcomp train --folder runs/tiny --export src/vcomp/weights/tiny

# The ablations and, at their size, the whole method.
ablations: $(VENV)/installed
	$(NANO) pictures text-to-video compositional --export benchmarks/models/nano
	$(NANO) pictures text-to-video compositional --ablation no-stc-temporal --export benchmarks/models/no-stc-temporal
	$(NANO) pictures compositional --ablation single-stage --export benchmarks/models/single-stage

bench: $(VENV)/installed
	@$(BIN)/python benchmarks/unet.py
	@$(BIN)/python benchmarks/peers.py
	@$(BIN)/python benchmarks/sampling.py
	@$(BIN)/python benchmarks/loading.py

clean:
	rm -rf $(VENV) out

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "vcomp needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml constraints.txt | $(VENV)/bin/pip
	@echo "Installing into $(VENV), once: minutes, and up to 6 GB where torch comes with CUDA." >&2
	$(PIP) install --constraint constraints.txt torch torchvision
	$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(PIP) install --constraint constraints.txt --editable ".[dev]"
	@touch $@
