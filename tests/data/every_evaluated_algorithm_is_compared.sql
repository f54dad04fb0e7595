-- Fails for an enabled algorithm that has neither metrics nor skipped_because
-- in model_comparison.

with

algorithms as (

    select * from {{ ref('algorithms') }}
    where enabled

),

protocols_of_build as (

    {{ protocols_of_build() }}

),

-- If every user has rated every movie, there are no lists.
protocols_with_lists as (

    select distinct
        protocol,
        true as has_lists

    from {{ ref('evaluated_recommendations') }}

),

model_comparison as (

    select * from {{ ref('model_comparison') }}

),

algorithms_missing as (

    select
        algorithms.algorithm,
        protocols_of_build.protocol

    from algorithms
    cross join protocols_of_build
    left join model_comparison using (algorithm, protocol)
    left join protocols_with_lists using (protocol)
    where
        protocols_of_build.protocol <> 'all'
        and model_comparison.skipped_because is null
        and (
            (
                protocols_with_lists.has_lists
                and model_comparison.catalogue_coverage_at_10 is null
            )
            or (
                algorithms.feedback = 'explicit'
                and model_comparison.rmse is null
            )
        )

)

select * from algorithms_missing
