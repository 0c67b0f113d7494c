"""The pull matrix: hosts by registries, whether a pull works, why not, and which change mends most."""

from __future__ import annotations

from dockworthy.report.pulls.matrix import Cell, Change, Matrix, Row, matrix_of

__all__ = ["Cell", "Change", "Matrix", "Row", "matrix_of"]
