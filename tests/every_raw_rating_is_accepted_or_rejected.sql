-- Fails with the counts when a raw rating got lost or doubled.

with

raw_ratings as (

    select count(*) as row_count from {{ ref('raw_ratings') }}

),

interactions as (

    select count(*) as row_count from {{ ref('interactions') }}

),

rejected_ratings as (

    select count(*) as row_count from {{ ref('rejected_ratings') }}

),

counts_compared as (

    select
        raw_ratings.row_count as raw_count,
        interactions.row_count as accepted_count,
        rejected_ratings.row_count as rejected_count

    from raw_ratings
    cross join interactions
    cross join rejected_ratings
    where
        raw_ratings.row_count
        <> interactions.row_count + rejected_ratings.row_count

)

select * from counts_compared
