with

interactions as (

    select * from {{ ref('interactions') }}

),

ratings_counted as (

    select
        rating,

        count(*) as rating_count,
        count(*) / sum(count(*)) over () as share

    from interactions
    group by rating

)

select * from ratings_counted
