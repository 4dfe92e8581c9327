"""A line search: how far to go along a direction, by the strong conditions of Wolfe.

Far enough that the loss falls in proportion, and that the slope along the direction has flattened.
Nocedal and Wright, Numerical Optimization, algorithms 3.5 and 3.6.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass
class Point:
    """A step length with the loss, the gradient and the slope there."""

    t: Any
    f: Any
    g: Any
    slope: Any


def _cubic_minimum(a: Point, b: Point, bounds: tuple[Any, Any] | None = None) -> Any:
    """Where the cubic through both points, with their slopes, is least, within the bounds."""
    if bounds is None:
        bounds = (a.t, b.t) if a.t <= b.t else (b.t, a.t)
    d1 = a.slope + b.slope - 3 * (a.f - b.f) / (a.t - b.t)
    square = d1**2 - a.slope * b.slope
    if not square >= 0:
        return (bounds[0] + bounds[1]) / 2.0
    d2 = square.sqrt()
    if a.t <= b.t:
        least = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    else:
        least = a.t - (a.t - b.t) * ((a.slope + d2 - d1) / (a.slope - b.slope + 2 * d2))
    return min(max(least, bounds[0]), bounds[1])


def strong_wolfe(
    evaluate: Callable[[Any, Any], tuple[float, Any]],
    t: Any,
    direction: Any,
    f: float,
    g: Any,
    slope: Any,
    c1: float = 1e-4,
    c2: float = 0.9,
    tolerance_change: float = 1e-9,
    max_calls: int = 25,
) -> tuple[float, Any, Any, int]:
    """(loss, gradient, length, calls of evaluate), beginning at length t.

    evaluate(length, direction): the loss and the gradient there.
    """
    calls = 0

    def measure(length: Any) -> Point:
        nonlocal calls
        value, gradient = evaluate(length, direction)
        calls += 1
        return Point(length, value, gradient, gradient.dot(direction))

    # Outwards, until two lengths enclose a good one.
    longest = direction.abs().max()
    before = Point(0, f, g.clone(), slope)
    origin = Point(0, f, before.g, slope)
    now = measure(t)
    bracket: list[Point] = []
    done = False
    tries = 0
    while tries < max_calls:
        if now.f > (f + c1 * now.t * slope) or (tries > 1 and now.f >= before.f):
            bracket = [before, now]
            break
        if abs(now.slope) <= -c2 * slope:
            bracket = [now]
            done = True
            break
        if now.slope >= 0:
            bracket = [before, now]
            break
        bounds = (now.t + 0.01 * (now.t - before.t), now.t * 10)
        following = _cubic_minimum(before, now, bounds)
        before, now = now, measure(following)
        tries += 1
    if tries == max_calls:
        bracket = [origin, now]

    # Inwards, between the better (low) and the worse end.
    stuck = False
    low, high = (0, 1) if bracket[0].f <= bracket[-1].f else (1, 0)
    while not done and tries < max_calls:
        ends = [point.t for point in bracket]
        if abs(ends[1] - ends[0]) * longest < tolerance_change:
            break
        t = _cubic_minimum(bracket[0], bracket[1])
        # Not twice in a row close to an end.
        margin = 0.1 * (max(ends) - min(ends))
        if min(max(ends) - t, t - min(ends)) < margin:
            if stuck or t >= max(ends) or t <= min(ends):
                if abs(t - max(ends)) < abs(t - min(ends)):
                    t = max(ends) - margin
                else:
                    t = min(ends) + margin
                stuck = False
            else:
                stuck = True
        else:
            stuck = False
        now = measure(t)
        tries += 1
        if now.f > (f + c1 * t * slope) or now.f >= bracket[low].f:
            bracket[high] = now
            low, high = (0, 1) if bracket[0].f <= bracket[1].f else (1, 0)
        else:
            if abs(now.slope) <= -c2 * slope:
                done = True
            elif now.slope * (bracket[high].t - bracket[low].t) >= 0:
                bracket[high] = bracket[low]
            bracket[low] = now
    best = bracket[low]
    return best.f, best.g, best.t, calls
