"""Vectors of floats in the processor's registers, for the kernels that numba compiles.

A vector has a constant number of float32 lanes. A loop that adds vectors keeps its sums in
registers, while a loop over arrays writes them to memory in every step. Only compiled code can call
the functions of this module. Arrays are float32 and C-contiguous; ``position`` counts the numbers
from the start of the array, also if it has several dimensions. Nothing checks the bounds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.core.errors import RequireLiteralValue
from numba.extending import intrinsic, register_model

from reelhouse.als.settings import Floats

FLOAT = ir.FloatType()
NUMBER = ir.IntType(32)
REGISTER = 16
"""Number of floats in the widest registers of current processors, and in a line of their cache."""


class Vector(types.Type):
    """Type of a vector in compiled code."""

    def __init__(self, lanes: int) -> None:
        """Name the type by its number of lanes."""
        self.lanes = lanes
        super().__init__(f"Vector({lanes})")


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, vector: Vector) -> None:
        super().__init__(manager, vector, ir.VectorType(FLOAT, vector.lanes))


def lanes_for(count: int) -> int:
    """Return the number of lanes for ``count`` numbers: a multiple of ``REGISTER``."""
    return -(-count // REGISTER) * REGISTER


def pad_rows(rows: Floats, lanes: int) -> Floats:
    """Return rows (n, k) with zeros up to ``lanes`` numbers each."""
    return rows if rows.shape[1] == lanes else np.pad(rows, ((0, 0), (0, lanes - rows.shape[1])))


@intrinsic
def zeros(context: Any, lanes: Any) -> Any:
    """Return a vector of zeros; ``lanes`` is a constant."""
    if not isinstance(lanes, types.IntegerLiteral):
        raise RequireLiteralValue("the number of lanes is a constant")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return ir.Constant(ir.VectorType(FLOAT, lanes.literal_value), None)

    return Vector(lanes.literal_value)(lanes), generate


@intrinsic
def load(context: Any, array: Any, position: Any, like: Any) -> Any:
    """Return the numbers of ``array`` from ``position`` on, as many as ``like`` has lanes."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = _address(context, builder, signature, arguments, 0)
        return builder.load(builder.bitcast(address, arguments[2].type.as_pointer()), align=4)

    return like(array, position, like), generate


@intrinsic
def store(context: Any, vector: Any, array: Any, position: Any) -> Any:
    """Write a vector to ``array`` from ``position`` on."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = _address(context, builder, signature, arguments, 1)
        kind = arguments[0].type.as_pointer()
        builder.store(arguments[0], builder.bitcast(address, kind), align=4)
        return context.get_dummy_value()

    return types.void(vector, array, position), generate


@intrinsic
def prefetch(context: Any, array: Any, position: Any, like: Any) -> Any:
    """Start to bring the numbers that ``load`` would return into the processor's cache."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = _address(context, builder, signature, arguments, 0)
        byte = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte, NUMBER, NUMBER, NUMBER])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        for lane in range(0, like.lanes, REGISTER):
            line = builder.bitcast(builder.gep(address, [ir.IntType(64)(lane)]), byte)
            # For reading, to all levels of the cache, of data.
            builder.call(function, [line, NUMBER(0), NUMBER(3), NUMBER(1)])
        return context.get_dummy_value()

    return types.void(array, position, like), generate


@intrinsic
def dot(context: Any, a: Any, b: Any) -> Any:
    """Return the dot product of two vectors."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = arguments[0].type
        name = f"llvm.vector.reduce.fadd.v{kind.count}f32"
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(FLOAT, [FLOAT, kind]), name
        )
        products = builder.fmul(*arguments, flags=("fast",))
        return builder.call(function, [ir.Constant(FLOAT, -0.0), products], fastmath=("fast",))

    return types.float32(a, b), generate


@intrinsic
def add_scaled(context: Any, vector: Any, factor: Any, other: Any) -> Any:
    """Return vector + factor · other."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        scaled = builder.fmul(_splat(builder, *arguments[1:]), arguments[2], flags=("fast",))
        return builder.fadd(arguments[0], scaled, flags=("fast",))

    return vector(vector, types.float32, other), generate


@intrinsic
def scaled(context: Any, factor: Any, vector: Any) -> Any:
    """Return factor · vector."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fmul(_splat(builder, *arguments), arguments[1], flags=("fast",))

    return vector(types.float32, vector), generate


@intrinsic
def first_lane(context: Any, vector: Any) -> Any:
    """Return the first number of a vector."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.extract_element(arguments[0], NUMBER(0))

    return types.float32(vector), generate


@intrinsic
def with_first_lane(context: Any, vector: Any, number: Any) -> Any:
    """Return a vector with another first number."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.insert_element(*arguments, NUMBER(0))

    return vector(vector, types.float32), generate


def _address(context: Any, builder: Any, signature: Any, arguments: Any, index: int) -> Any:
    """Return the address of a position (argument ``index`` + 1) of an array (``index``)."""
    array, position = signature.args[index : index + 2]
    data = context.make_array(array)(context, builder, arguments[index]).data
    return builder.gep(data, [context.cast(builder, arguments[index + 1], position, types.int64)])


def _splat(builder: Any, factor: Any, vector: Any) -> Any:
    """Return a vector with ``factor`` in every lane."""
    kind = vector.type
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), factor, NUMBER(0))
    mask = ir.Constant(ir.VectorType(NUMBER, kind.count), [0] * kind.count)
    return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), mask)
