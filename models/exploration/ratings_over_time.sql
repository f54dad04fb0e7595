with

interactions as (

    select * from {{ ref('interactions') }}

),

months_counted as (

    select
        count(*) as rating_count,
        count(distinct user_id) as user_count,
        count(distinct movie_id) as movie_count,
        avg(rating) as mean_rating,

        cast(date_trunc('month', rated_at) as date) as month

    from interactions
    where rated_at is not null
    group by date_trunc('month', rated_at)

)

select * from months_counted
