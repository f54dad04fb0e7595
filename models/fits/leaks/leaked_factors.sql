-- Factors and weights of users and movies that have no row in the fit.

with

als_factors as (

    select * from {{ ref('als_factors') }}

),

int_svd_factors as (

    select * from {{ ref('int_svd_factors') }}

),

int_item_knn_weights as (

    select * from {{ ref('int_item_knn_weights') }}

),

int_ease_weights as (

    select * from {{ ref('int_ease_weights') }}

),

-- Users and movies with a row in the fit; leaked_statistics checks this table.
rating_biases as (

    select
        protocol,
        fold,
        side,
        id

    from {{ ref('rating_biases') }}

),

ids_fitted as (

    select
        'als_factors' as relation,
        protocol,
        fold,
        side,
        id

    from als_factors

    union all

    select
        'int_svd_factors' as relation,
        protocol,
        fold,
        side,
        id

    from int_svd_factors

    union all

    select
        'int_item_knn_weights' as relation,
        protocol,
        fold,
        'movie' as side,
        explode(array_append(neighbour_ids, movie_id)) as id

    from int_item_knn_weights

    union all

    -- The neighbours of each movie are the movies of all rows.
    select
        'int_ease_weights' as relation,
        protocol,
        fold,
        'movie' as side,
        movie_id as id

    from int_ease_weights

),

factors_leaked as (

    select distinct
        relation,
        protocol,
        fold,
        side,
        id

    from ids_fitted
    left anti join rating_biases using (protocol, fold, side, id)

)

select * from factors_leaked
