with

products as (

    select * from {{ ref('products') }}

),

recommendations as (

    select * from {{ ref('reelhouse', 'recommendations') }}

),

users as (

    select * from {{ ref('reelhouse', 'users') }}

),

movies as (

    select * from {{ ref('reelhouse', 'movies') }}

),

best_unsold_products as (

    select
        users.source_id as customer_id,
        products.product_id,

        products.name,
        products.category,

        products.price,
        recommendations.score

    from recommendations
    inner join users using (user_id)
    inner join movies using (movie_id)
    inner join products on movies.source_id = products.product_id
    where recommendations.rank = 1

)

select * from best_unsold_products
