with

customers as (

    select * from {{ ref('stg_customers') }}

),

orders as (

    select * from {{ ref('orders') }}

),

customer_orders as (

    select
        customer_id,

        count(*) as order_count,
        sum(if(status = 'returned', 0, amount)) as amount,

        min(ordered_at) as first_ordered_at,
        max(ordered_at) as last_ordered_at

    from orders
    group by customer_id

),

customers_with_orders as (

    select
        customers.customer_id,

        customers.customer_name,
        customers.city,

        coalesce(customer_orders.order_count, 0) as order_count,
        coalesce(customer_orders.amount, 0) as amount,

        customers.joined_on,
        customer_orders.first_ordered_at,
        customer_orders.last_ordered_at

    from customers
    left join customer_orders
        on customers.customer_id = customer_orders.customer_id

)

select * from customers_with_orders
