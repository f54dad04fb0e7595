{{ config(
    materialized='incremental', incremental_strategy='merge',
    unique_key='order_id', on_schema_change='append_new_columns'
) }}

with

orders as (

    select * from {{ ref('stg_orders') }}

    {% if is_incremental() %}
    where updated_at > (select max(updated_at) from {{ this }})
    {% endif %}

),

order_items as (

    select * from {{ ref('stg_order_items') }}

),

products as (

    select * from {{ ref('stg_products') }}

),

order_totals as (

    select
        order_items.order_id,

        sum(order_items.quantity) as item_count,
        sum(order_items.quantity * products.price) as amount

    from order_items
    inner join products
        on order_items.product_id = products.product_id
    group by order_items.order_id

),

orders_with_totals as (

    select
        orders.order_id,
        orders.customer_id,

        orders.status,

        order_totals.item_count,
        order_totals.amount,

        orders.ordered_at,
        orders.updated_at

    from orders
    inner join order_totals
        on orders.order_id = order_totals.order_id

)

select * from orders_with_totals
