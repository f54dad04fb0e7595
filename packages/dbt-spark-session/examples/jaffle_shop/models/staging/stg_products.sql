select
    sku as product_id,

    name as product_name,
    kind as product_kind,

    cast(price_cents / 100 as decimal(8, 2)) as price

from {{ ref('raw_products') }}
