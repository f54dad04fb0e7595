-- Fails if no rating is accepted; int_ratings_rejected has the reasons.

with

interactions_counted as (

    select count(*) as row_count from {{ ref('interactions') }}

),

interactions_missing as (

    select * from interactions_counted
    where row_count = 0

)

select * from interactions_missing
