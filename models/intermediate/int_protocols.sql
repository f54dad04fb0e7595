with

protocols as (

    select * from {{ ref('protocols') }}

),

protocols_asked_for as (

    select *
    from protocols
    where
        protocol = 'all'
        or array_contains({{ protocols_asked_for() }}, protocol)

)

select * from protocols_asked_for
