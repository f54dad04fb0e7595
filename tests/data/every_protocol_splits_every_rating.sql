-- Fails for a protocol whose folds do not have as many rows as interactions,
-- and for a protocol in rating_splits that is not of this build.

with

interactions as (

    select * from {{ ref('interactions') }}

),

protocols_of_build as (

    {{ protocols_of_build() }}

),

protocols_evaluated as (

    select * from protocols_of_build
    where skipped_because is null

),

interactions_counted as (

    select count(*) as rating_count from interactions

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

        interactions_counted.rating_count,
        protocols_evaluated.folds,
        rating_splits.split_count

    from protocols_evaluated
    full outer join rating_splits using (protocol)
    cross join interactions_counted
    where
        protocols_evaluated.protocol is null
        or not interactions_counted.rating_count * protocols_evaluated.folds
        <=> rating_splits.split_count

)

select * from counts_compared
