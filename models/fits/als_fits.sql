with

int_als_fits as (

    select * from {{ ref('int_als_fits') }}

),

iterations_selected as (

    select
        algorithm,
        protocol,
        fold,

        iteration,
        loss,
        seconds

    from int_als_fits
    where iteration is not null

)

select * from iterations_selected
