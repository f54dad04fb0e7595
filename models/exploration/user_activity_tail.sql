{%- set bucket_count = 10 -%}

with

users as (

    select * from {{ ref('users') }}
    where rating_count > 0

),

users_ranked as (

    select
        user_id,

        rating_count,
        ntile({{ bucket_count }}) over (
            order by rating_count desc, user_id asc
        ) as decile

    from users

),

deciles_counted as (

    select
        decile,

        count(*) as user_count,
        min(rating_count) as min_rating_count,
        max(rating_count) as max_rating_count,
        sum(rating_count) as rating_count

    from users_ranked
    group by decile

),

deciles_accumulated as (

    select
        *,

        sum(rating_count) over (order by decile)
        / sum(rating_count) over () as cumulative_share

    from deciles_counted

)

select * from deciles_accumulated
