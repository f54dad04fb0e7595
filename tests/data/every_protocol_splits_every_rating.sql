-- Fails for a protocol whose folds do not have as many rows as interactions,
-- and for a protocol in rating_splits that is not in int_protocols.

with

interactions as (

    select count(*) as rating_count from {{ ref('interactions') }}

),

protocols as (

    select * from {{ ref('int_protocols') }}
    where skipped_because is null

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
        protocol,

        interactions.rating_count,
        protocols.folds,
        rating_splits.split_count

    from protocols
    full outer join rating_splits using (protocol)
    cross join interactions
    where
        protocols.protocol is null
        or not interactions.rating_count * protocols.folds
        <=> rating_splits.split_count

)

select * from counts_compared
