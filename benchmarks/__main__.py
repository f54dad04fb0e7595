"""`python -m benchmarks SIZE`: run Reelhouse and other libraries on the same ratings."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.generate import Shape

OUT = Path(__file__).parent / "out"
FIT_SIZES = {"1m": 1_000_000, "16m": 16_000_000, "128m": 128_000_000}
BUILD_SIZES = {f"{millions}m-build": millions * 1_000_000 for millions in (1, 16, 20, 32, 128)}
UPDATE_SIZES = {"1m-update": 1_000_000, "20m-update": 20_000_000}
KFOLD = "1m-kfold"
MOVIELENS_1M = 1_000_209, 6_040, 3_706
"""Numbers of ratings, users and movies."""
LIBRARIES = "kfold"
PUBLISHED = "published"
SHELL = "shell"
PEERS = "peers"
ROOFLINE = "roofline"
SERVE = "serve"
CLICKS = "clicks"
SCALING = "scaling"
SIZES = {
    **dict.fromkeys(FIT_SIZES, "fits and lists of Reelhouse, MLlib and implicit"),
    "128m": "fits and lists of Reelhouse alone, beside an eighth of the ratings",
    **dict.fromkeys(BUILD_SIZES, "a whole `make build`, model by model"),
    SCALING: "a table of the builds that were measured, and what more ratings would need",
    **dict.fromkeys(UPDATE_SIZES, "`make update` with 1 % of new ratings, step by step"),
    KFOLD: "`make evaluate PROTOCOL=kfold` on ratings with the shape of MovieLens 1M",
    LIBRARIES: "errors and lists on five folds of MovieLens 100k, beside Surprise and implicit",
    SHELL: "`dbt run` of one model, in a new process and in `reelhouse shell`",
    PEERS: "fits and lists of Reelhouse, irspack, rusket, implicit and LIBMF, without Spark",
    ROOFLINE: "the kernels of ALS and of lists beside the limits of this machine",
    PUBLISHED: "tables of papers that the folder --data fits; without it, u1 to u5",
    SERVE: "latencies of the API on generated lists, or on the lake --data",
    CLICKS: "clicks in the explorer, on the lake --data or that of the project",
}
FACTORS, ROUNDS = 64, 3
UNSET = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Variables without which OpenBLAS chooses its kernels by the processor, for all systems alike."""
ALONE, BESIDE = "128m", "16m"
# At the size ALONE only Reelhouse is fitted, since the other systems would take hours; its seconds
# are compared with those at the size BESIDE.


def main(arguments: Sequence[str]) -> int:
    """Run one size; print its table and write it to OUT/SIZE.json."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(f"  {size:10} {what}" for size, what in SIZES.items()),
    )
    parser.add_argument("size", nargs="?", default="1m", metavar="SIZE")
    parser.add_argument("--data", default="", help="folder for the size published, serve or clicks")
    parser.add_argument("--ratings", type=int, metavar="N", help="number of ratings to use instead")
    parser.add_argument(
        "--factors", type=int, metavar="K", help="number of factors, for peers and roofline"
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="number of rounds, for peers")
    parser.add_argument("--seconds", type=float, help="time of each measurement of the size serve")
    parser.add_argument("--out", type=Path, default=OUT, help="folder of data, lakes and results")
    options = parser.parse_args(arguments)
    size, out, ratings = options.size, options.out.resolve(), options.ratings
    if size not in SIZES:
        print(f"error: no size {size}: there are {', '.join(SIZES)}", file=sys.stderr)
        return 1
    if options.data and size not in (PUBLISHED, SERVE, CLICKS):
        names = f"SIZE={PUBLISHED}, SIZE={SERVE} and SIZE={CLICKS}"
        print(f"error: DATA is for {names}: leave it empty", file=sys.stderr)
        return 1
    for given, name, sizes in (
        (options.factors, "--factors", (PEERS, ROOFLINE)),
        (options.rounds, "--rounds", (PEERS,)),
    ):
        if given is not None and size not in sizes:
            print(f"error: {name} is for SIZE={' and SIZE='.join(sizes)}", file=sys.stderr)
            return 1
    factors = FACTORS if options.factors is None else options.factors
    rounds = ROUNDS if options.rounds is None else options.rounds
    if min(factors, rounds) < 1:
        print("error: set --factors and --rounds to 1 or more", file=sys.stderr)
        return 1
    for name in UNSET:
        os.environ.pop(name, None)
    # The imports take seconds, so the arguments are checked before them.
    if size == SERVE:
        from benchmarks import serve

        out.mkdir(parents=True, exist_ok=True)
        return serve.measure(out, options.data, ratings, options.seconds)
    if size == CLICKS:
        from benchmarks import clicks

        out.mkdir(parents=True, exist_ok=True)
        return clicks.measure(out, options.data)
    if size == SCALING:
        from benchmarks import scaling

        return scaling.measure(out, list(BUILD_SIZES))
    from benchmarks import build, fits, folds, roofline, shell, update
    from benchmarks.generate import Shape, shape_of
    from benchmarks.peers import run as peers
    from benchmarks.published import run as published

    out.mkdir(parents=True, exist_ok=True)
    if size == PUBLISHED:
        return published.measure(out, options.data, ratings)
    if size == PEERS:
        shape = shape_of(ratings or FIT_SIZES[BESIDE])
        return peers.measure(shape, out, factors=factors, rounds=rounds)
    if size == ROOFLINE:
        return roofline.measure(shape_of(ratings or FIT_SIZES[BESIDE]), out, factors)
    if size == LIBRARIES:
        return folds.measure(out, ratings)
    if size == SHELL:
        return shell.measure(ratings_folder(shape_of(ratings), out) if ratings else None, out)
    if size in FIT_SIZES:
        shape = shape_of(ratings or FIT_SIZES[size])
        before = []
        if size == ALONE:
            beside = shape_of(shape.ratings * FIT_SIZES[BESIDE] // FIT_SIZES[ALONE])
            before = fits.measure(ratings_folder(beside, out), beside, out, alone=True)
        rows = fits.measure(ratings_folder(shape, out), shape, out, alone=size == ALONE)
        (out / f"{size}.json").write_text(json.dumps(rows, indent=1) + "\n")
        if before:
            fits.print_growth(before, rows)
        return 0
    if size in UPDATE_SIZES:
        shape = shape_of(ratings or UPDATE_SIZES[size])
        return update.measure(ratings_folder(shape, out), out, size)
    if size == KFOLD:
        shape, command = Shape(*MOVIELENS_1M), ["evaluate", "kfold"]
    else:
        shape, command = shape_of(BUILD_SIZES[size]), ["build"]
    if ratings:
        shape = shape_of(ratings)
    return build.measure(command, ratings_folder(shape, out), out, size)


def ratings_folder(shape: Shape, out: Path) -> Path:
    """Return the folder of generated ratings; generate them in another process if they are missing.

    The memory of that process does not count as memory of the fits.
    """
    folder = out / f"ratings-{'-'.join(map(str, shape))}"
    if not (folder / "_SUCCESS").exists():
        shutil.rmtree(folder, ignore_errors=True)
        print(f"generating {shape.ratings:,} ratings …", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", "benchmarks", "generate", str(folder), *map(str, shape)]
        subprocess.run(command, check=True)
    return folder


if __name__ == "__main__":
    if sys.argv[1:2] == ["generate"]:
        from benchmarks import fits
        from benchmarks.generate import Shape, generate

        folder, *numbers = sys.argv[2:]
        made = generate(fits.session(Path(folder).parent), Shape(*map(int, numbers)))
        made.write.parquet(folder)
    else:
        sys.exit(main(sys.argv[1:]))
