with

als_factors as (

    select * from {{ ref('als_factors') }}

),

-- All rows of a fit have the same costs.
fits as (

    select
        algorithm,
        protocol,
        fold,

        any_value(arrays_zip(losses, elapsed_seconds)) as costs

    from als_factors
    group by algorithm, protocol, fold

),

costs_listed as (

    select
        algorithm,
        protocol,
        fold,

        posexplode(costs) as (position, cost)

    from fits

),

iterations_numbered as (

    select
        costs_listed.algorithm,
        costs_listed.protocol,
        costs_listed.fold,

        costs_listed.position + 1 as iteration,
        costs_listed.cost.losses as loss,
        costs_listed.cost.elapsed_seconds as seconds

    from costs_listed

)

select * from iterations_numbered
