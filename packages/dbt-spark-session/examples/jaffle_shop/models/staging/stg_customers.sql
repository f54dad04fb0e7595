select
    id as customer_id,

    name as customer_name,
    city,

    joined_on

from {{ ref('raw_customers') }}
