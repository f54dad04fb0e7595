"""Which products are ordered together, counted in Python."""

from collections import Counter, defaultdict
from itertools import combinations

import pyarrow as pa


def model(dbt, spark):
    """Return one row per pair of products with the number of orders that have both."""
    baskets = defaultdict(set)
    for item in dbt.ref("stg_order_items").toArrow().to_pylist():
        baskets[item["order_id"]].add(item["product_id"])
    pairs = Counter()
    for products in baskets.values():
        pairs.update(combinations(sorted(products), 2))
    return pa.table(
        {
            "first_product_id": pa.array([first for first, _ in pairs], pa.string()),
            "second_product_id": pa.array([second for _, second in pairs], pa.string()),
            "order_count": pa.array(pairs.values(), pa.int32()),
        }
    )
