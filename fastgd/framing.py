"""Columns as a frame of a library that is not known beforehand."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Any

import narwhals as nw
