-- Fails for a scoring vector with a null or NaN, and for one that is shorter
-- than another vector of the same fit.

with

int_scoring_vectors as (

    select * from {{ ref('int_scoring_vectors') }}

),

factors_checked as (

    select
        algorithm,
        protocol,
        fold,
        side,
        id,

        size(factors) as factor_count,
        max(size(factors)) over (
            partition by algorithm, protocol, fold
        ) as fit_factor_count,

        factors is null
        or exists(factors, factor -> factor is null or isnan(factor))
            as has_fault

    from int_scoring_vectors

),

faults_found as (

    select *
    from factors_checked
    where has_fault or factor_count <> fit_factor_count

)

select * from faults_found
