"""Every job and every promise."""

from __future__ import annotations

import many_features
import one_feature

JOBS = one_feature.JOBS | many_features.JOBS
CLAIMS = [*one_feature.CLAIMS, *many_features.CLAIMS]
