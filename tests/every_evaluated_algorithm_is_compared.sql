-- An enabled algorithm has its metrics in model_comparison, or a reason there.

with

algorithms as (

    select * from {{ ref('algorithms') }}
    where enabled

),

int_protocols as (

    select * from {{ ref('int_protocols') }}
    where protocol <> 'all'

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
    where
        model_comparison.skipped_because is null
        and (
            model_comparison.catalogue_coverage_at_10 is null
            or (algorithms.feedback = 'explicit' and rmse is null)
        )

)

select * from algorithms_missing
