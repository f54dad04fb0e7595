-- Fails for an enabled algorithm that has neither metrics nor skipped_because
-- in model_comparison.

with

algorithms as (

    select * from {{ ref('algorithms') }}
    where enabled

),

int_protocols as (

    select * from {{ ref('int_protocols') }}
    where protocol <> 'all'

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
        int_protocols.protocol

    from algorithms
    cross join int_protocols
    left join model_comparison using (algorithm, protocol)
    left join protocols_with_lists using (protocol)
    where
        model_comparison.skipped_because is null
        and (
            (
                protocols_with_lists.has_lists
                and model_comparison.catalogue_coverage_at_10 is null
            )
            or (algorithms.feedback = 'explicit' and rmse is null)
        )

)

select * from algorithms_missing
