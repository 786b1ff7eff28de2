"""Every job and every promise."""

from __future__ import annotations

import cluster
import cold
import files
import iterations
import kinds
import many_features
import one_feature

JOBS = one_feature.JOBS | iterations.JOBS | cold.JOBS | many_features.JOBS | kinds.JOBS | files.JOBS | cluster.JOBS
CLAIMS = [*one_feature.CLAIMS, *iterations.CLAIMS, *cold.CLAIMS, *many_features.CLAIMS, *files.CLAIMS]
