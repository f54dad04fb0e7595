-- Factors and weights of users and movies that have no row in the fit.

with

als_factors as (

    select * from {{ ref('als_factors') }}

),

int_driver_fits as (

    select * from {{ ref('int_driver_fits') }}

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
        'int_driver_fits' as relation,
        protocol,
        fold,
        side,
        explode(array_append(coalesce(neighbour_ids, array()), id)) as id

    from int_driver_fits

),

factors_leaked as (

    select distinct
        relation,
        protocol,
        fold,
        side,
        id

    from ids_fitted
    left anti join rating_biases using (id, protocol, fold, side)

)

select * from factors_leaked
