{%- set shelf_length = 3 -%}
with

products as (

    select * from {{ ref('products') }}

),

recommendations as (

    select * from {{ ref('reelhouse', 'recommendations') }}

),

movies as (

    select * from {{ ref('reelhouse', 'movies') }}

),

products_counted as (

    select
        products.category,
        products.product_id,

        products.name,

        count(*) as customer_count

    from recommendations
    inner join movies using (movie_id)
    inner join products on movies.source_id = products.product_id
    group by products.category, products.product_id, products.name

),

products_placed as (

    select
        category,
        row_number() over (
            partition by category
            order by customer_count desc, product_id asc
        ) as place,
        product_id,

        name,

        customer_count

    from products_counted

),

category_shelves as (

    select * from products_placed
    where place <= {{ shelf_length }}

)

select * from category_shelves
