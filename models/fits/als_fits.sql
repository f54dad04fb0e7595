with

-- Of the rows of a fit, that of one movie has the costs.
als_factors as (

    select * from {{ ref('als_factors') }}
    where side = 'movie' and losses is not null

),

costs_listed as (

    select
        algorithm,
        protocol,
        fold,

        posexplode(arrays_zip(losses, elapsed_seconds)) as (position, cost)

    from als_factors

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
