with

int_als_fits as (

    select * from {{ ref('int_als_fits') }}

),

factors_selected as (

    select
        algorithm,
        protocol,
        fold,
        side,
        id,

        factors

    from int_als_fits
    where side is not null

)

select * from factors_selected
