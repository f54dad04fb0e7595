-- Fails for a fit with a scoring vector that is null or has a null, NaN or
-- infinity, and for one whose vectors differ in length. With such a vector, a
-- score could be NaN, which clipping turns into the highest rating.

with

int_scoring_vectors as (

    select * from {{ ref('int_scoring_vectors') }}

),

fits_checked as (

    select
        algorithm,
        protocol,
        fold,

        min(size(factors)) as shortest,
        max(size(factors)) as longest,
        count_if(
            factors is null
            or exists(
                factors,
                factor -> factor is null
                or isnan(factor)
                or abs(factor) = double('infinity')
            )
        ) as fault_count

    from int_scoring_vectors
    group by algorithm, protocol, fold

),

faults_found as (

    select *
    from fits_checked
    where fault_count > 0 or shortest < longest

)

select * from faults_found
