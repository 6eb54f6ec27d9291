"""Customer master data as a pipeline: sources -> hub -> matching -> golden records -> published file."""

__version__ = "0.1.0"
