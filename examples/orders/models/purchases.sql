-- One row per order, with the columns that Reelhouse reads.

select
    customer_id as user_id,
    product_id as movie_id,

    quantity as strength,

    ordered_at as rated_at

from {{ ref('orders') }}
