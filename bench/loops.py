"""The lesson's descent as people write it: in Python, over NumPy vectors, in JAX and in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

RATE = 1e-4


def lesson_step(b_current: float, m_current: float, points: np.ndarray, learning_rate: float) -> list[float]:
    """Written as the lesson writes it."""
    b_gradient = 0.0
    m_gradient = 0.0
    n = float(len(points))
    for i in range(len(points)):
        x = points[i, 0]
        y = points[i, 1]
        b_gradient += -(2 / n) * (y - ((m_current * x) + b_current))
        m_gradient += -(2 / n) * x * (y - ((m_current * x) + b_current))
    return [b_current - learning_rate * b_gradient, m_current - learning_rate * m_gradient]


def list_step(b_current: float, m_current: float, points: list[list[float]], learning_rate: float) -> list[float]:
    b_gradient = 0.0
    m_gradient = 0.0
    n = float(len(points))
    for x, y in points:
        b_gradient += -(2 / n) * (y - ((m_current * x) + b_current))
        m_gradient += -(2 / n) * x * (y - ((m_current * x) + b_current))
    return [b_current - learning_rate * b_gradient, m_current - learning_rate * m_gradient]


def vector_step(b_current: float, m_current: float, points: np.ndarray, learning_rate: float) -> list[float]:
    x, y = points[:, 0], points[:, 1]
    residual = y - (m_current * x + b_current)
    share = 2 * learning_rate / len(points)
    return [b_current + share * residual.sum(), m_current + share * (x @ residual)]


def descend(step: Callable[..., list[float]], points: Any, steps: int) -> list[float]:
    b, m = 0.0, 0.0
    for _ in range(steps):
        b, m = step(b, m, points, RATE)
    return [b, m]


def walk(step: Callable[..., list[float]], points: Any, steps: int) -> np.ndarray:
    """Every iterate of `descend`, the start first."""
    path = np.zeros((steps + 1, 2))
    for k in range(steps):
        path[k + 1] = step(path[k, 0], path[k, 1], points, RATE)
    return path


def lesson_run(points: np.ndarray, steps: int) -> list[float]:
    """The lesson copies the points for each step, which is a hundredth of its time."""
    return descend(lambda b, m, points, rate: lesson_step(b, m, np.array(points), rate), points, steps)


def jax_arrays(*arrays: np.ndarray) -> tuple[Any, ...]:
    import jax

    jax.config.update("jax_enable_x64", True)
    return tuple(map(jax.numpy.asarray, arrays))


def jax_step(theta: Any, x: Any, y: Any) -> Any:
    import jax

    def error(theta: Any) -> Any:
        return ((y - (theta[1] * x + theta[0])) ** 2).mean()

    return theta - RATE * jax.grad(error)(theta)


@cache
def _jax_descend() -> Any:
    import jax

    return jax.jit(lambda x, y, steps: jax.lax.fori_loop(0, steps, lambda _, theta: jax_step(theta, x, y), jax.numpy.zeros(2)))


@cache
def _jax_walk() -> Any:
    import jax

    def walk(x: Any, y: Any, steps: int) -> Any:
        start = jax.numpy.zeros(2)
        _, path = jax.lax.scan(lambda theta, _: (jax_step(theta, x, y), theta), start, length=steps + 1)
        return path

    return jax.jit(walk, static_argnums=2)


def jax_descend(x: Any, y: Any, steps: int) -> Any:
    return _jax_descend()(x, y, steps).block_until_ready()


def jax_walk(x: Any, y: Any, steps: int) -> Any:
    return _jax_walk()(x, y, steps).block_until_ready()


def torch_arrays(*arrays: np.ndarray) -> tuple[Any, ...]:
    import torch

    return tuple(torch.tensor(array) for array in arrays)


def torch_descend(x: Any, y: Any, steps: int) -> list[float]:
    import torch

    theta = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([theta], lr=RATE)
    for _ in range(steps):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(theta[1] * x + theta[0], y).backward()
        optimizer.step()
    found: list[float] = theta.tolist()
    return found
