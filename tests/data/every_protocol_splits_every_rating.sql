-- Fails for a protocol whose folds together have another number of rows than
-- interactions times the number of folds or, if the source gives the splits,
-- than the source. Also fails for a protocol in rating_splits that this build
-- does not evaluate.

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

given_splits as (

    {{ given_splits() | indent(4) }}

),

given_splits_counted as (

    select count(*) as given_count
    from given_splits
    cross join {{ ref('int_rating_scale') }} as int_rating_scale
    where given_splits.fold < int_rating_scale.fold_count

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

        if(
            protocols_evaluated.split_by = 'given',
            given_splits_counted.given_count,
            interactions_counted.rating_count * protocols_evaluated.folds
        ) as expected_count,
        rating_splits.split_count,

        protocols_evaluated.protocol is not null as is_evaluated

    from protocols_evaluated
    full outer join rating_splits using (protocol)
    cross join interactions_counted
    cross join given_splits_counted

),

counts_unequal as (

    select * from counts_compared
    where not is_evaluated or not expected_count <=> split_count

)

select * from counts_unequal
