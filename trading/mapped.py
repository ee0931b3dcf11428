"""Columns that lie in a file on disk, read as if they were in memory.

Pages of such a column count as memory from when they are read until they are given back; giving
back is always safe, as what is read again comes from the file again. Columns that lie in memory
are left alone by all of this.
"""

import mmap
from typing import IO

import numpy as np
from numpy.typing import NDArray

_PAGE = mmap.ALLOCATIONGRANULARITY


def map_column(file: IO[bytes], rows: int) -> NDArray[np.int64]:
    """The 64-bit integers of a file as a column that nobody may write; the file may be closed."""
    if not rows:
        return np.empty(0, np.int64)
    return np.frombuffer(mmap.mmap(file.fileno(), rows * 8, access=mmap.ACCESS_READ), np.int64)


def give_back(column: NDArray[np.int64]) -> None:
    """Let go of the memory that holds a column of a file, or a part of one; its values stay.

    Does nothing to a column in memory, nor where the system has no such call (Windows, which takes
    the pages by itself where it is short of them).
    """
    mapped = _mapping(column)
    if mapped is None or not column.size or not hasattr(mmap, "MADV_DONTNEED"):
        return
    start = _address(np.frombuffer(mapped, np.int8))
    first = (_address(column) - start) // _PAGE * _PAGE
    mapped.madvise(mmap.MADV_DONTNEED, first, _address(column) - start + column.nbytes - first)


def is_mapped(column: NDArray[np.int64]) -> bool:
    """Whether a column lies in a file."""
    return _mapping(column) is not None


def _mapping(column: NDArray[np.int64]) -> mmap.mmap | None:
    owner = column.base
    while isinstance(owner, np.ndarray):
        owner = owner.base
    if isinstance(owner, memoryview):
        owner = owner.obj
    return owner if isinstance(owner, mmap.mmap) else None


def _address(column: NDArray[np.generic]) -> int:
    address: int = column.__array_interface__["data"][0]
    return address
