with

-- Of the rows of a fit, that of one movie has the costs.
als_factors as (

    select * from {{ ref('als_factors') }}
    where side = 'movie' and losses is not null

),

int_driver_fits as (

    select * from {{ ref('int_driver_fits') }}
    where side = 'movie' and noises is not null

),

iterations_listed as (

    select
        algorithm,
        protocol,
        fold,

        posexplode(arrays_zip(losses, elapsed_seconds))
            as (position, iteration)

    from als_factors

),

sweeps_listed as (

    select
        algorithm,
        protocol,
        fold,

        posexplode(arrays_zip(
            train_rmses, noises, effective_sample_sizes, elapsed_seconds
        )) as (position, sweep)

    from int_driver_fits

),

iterations_numbered as (

    select
        iterations_listed.algorithm,
        iterations_listed.protocol,
        iterations_listed.fold,

        iterations_listed.position + 1 as iteration,
        iterations_listed.iteration.losses as loss,
        cast(null as double) as train_rmse,
        cast(null as double) as noise,
        cast(null as double) as effective_sample_size,
        iterations_listed.iteration.elapsed_seconds as seconds

    from iterations_listed

    union all

    select
        sweeps_listed.algorithm,
        sweeps_listed.protocol,
        sweeps_listed.fold,

        sweeps_listed.position + 1 as iteration,
        cast(null as double) as loss,
        sweeps_listed.sweep.train_rmses as train_rmse,
        sweeps_listed.sweep.noises as noise,
        sweeps_listed.sweep.effective_sample_sizes as effective_sample_size,
        sweeps_listed.sweep.elapsed_seconds as seconds

    from sweeps_listed

)

select * from iterations_numbered
