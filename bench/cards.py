"""What a post's card costs: time of one processor, and bytes, with a portrait and without.

python -m bench.cards [--cards 300] [--json]
"""

from __future__ import annotations

import argparse
import io
import json
import random
import statistics
import time
from collections.abc import Iterator

from PIL import Image

from rejoinder.sharing.card import Card, Look
from rejoinder.sharing.drawing import draw

WORDS = ("a", "the", "of", "letter", "network", "disagreement", "answer", "promise", "evening",
         "without", "slowly", "what", "owning", "reference", "reader", "garden")  # fmt: skip


def titles(count: int) -> Iterator[str]:
    """Titles of two to twenty words, the same in each run."""
    chance = random.Random(7)
    for _ in range(count):
        words = chance.choices(WORDS, k=chance.randint(2, 20))
        yield " ".join(words).capitalize()


def portrait() -> bytes:
    """A photograph's worth of colours, 400 × 400, as JPEG."""
    face = Image.radial_gradient("L").resize((400, 400))
    into = io.BytesIO()
    Image.merge("RGB", (face, face.rotate(90), face.transpose(Image.Transpose.ROTATE_180))).save(
        into, "JPEG"
    )
    return into.getvalue()


def measure(count: int, picture: bytes) -> dict[str, float]:
    """Median and 95th percentile in ms, and the mean of the bytes in KB, of so many cards."""
    look, took, sizes = Look(), [], []
    for title in titles(count):
        begin = time.process_time()
        png = draw(Card(title, "Nora Veldt", "The Long Reply", picture), look)
        took.append(1000 * (time.process_time() - begin))
        sizes.append(len(png) / 1000)
    return {"median_ms": statistics.median(took), "p95_ms": statistics.quantiles(took, n=20)[-1],
            "mean_kb": statistics.fmean(sizes)}  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cards", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    draw(Card("Warm"), Look())
    found = {"without a portrait": measure(wanted.cards, b""),
             "with a portrait": measure(wanted.cards, portrait())}  # fmt: skip
    if wanted.json:
        print(json.dumps(found))
        return
    for name, figures in found.items():
        print(f"{name}: {figures['median_ms']:.1f} ms (p95 {figures['p95_ms']:.1f}), "
              f"{figures['mean_kb']:.1f} KB")  # fmt: skip


if __name__ == "__main__":
    main()
