"""Every job and every promise."""

from __future__ import annotations

import cluster
import files
import many_features
import one_feature

JOBS = one_feature.JOBS | many_features.JOBS | files.JOBS | cluster.JOBS
CLAIMS = [*one_feature.CLAIMS, *many_features.CLAIMS, *files.CLAIMS]
