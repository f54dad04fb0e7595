-- Fails with the counts when a protocol lacks a rating or has one too many;
-- leaked_pairs sees to it that none stands twice.

with

interactions as (

    select count(*) as rating_count from {{ ref('interactions') }}

),

protocols as (

    select * from {{ ref('protocols') }}

),

rating_splits as (

    select
        protocol,

        count(*) as split_count

    from {{ ref('rating_splits') }}
    group by protocol

),

counts_compared as (

    select
        protocols.protocol,

        interactions.rating_count,
        rating_splits.split_count

    from protocols
    cross join interactions
    left join rating_splits using (protocol)
    where not interactions.rating_count <=> rating_splits.split_count

)

select * from counts_compared
