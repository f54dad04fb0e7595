-- Fails if the number of validation or test rows differs from its fraction by
-- more than binomial_margin. A fair hash exceeds this margin with a probability
-- of at most 1e-12, so the test does not fail by chance.

with

protocols as (

    select *
    from {{ ref('protocols') }}
    where split_by = 'hash'

),

rating_splits as (

    select * from {{ ref('rating_splits') }}

),

splits_counted as (

    select
        protocol,
        fold,

        count(*) as row_count,
        count_if(split = 'validation') as validation_row_count,
        count_if(split = 'test') as test_row_count

    from rating_splits
    group by protocol, fold

),

splits_compared as (

    select
        splits_counted.*,

        protocols.validation_fraction,
        protocols.test_fraction

    from splits_counted
    inner join protocols using (protocol)

),

splits_deviating as (

    select * from splits_compared
    where
        abs(validation_row_count - row_count * validation_fraction)
        > {{ binomial_margin('row_count', 'validation_fraction') }}
        or abs(test_row_count - row_count * test_fraction)
        > {{ binomial_margin('row_count', 'test_fraction') }}

)

select * from splits_deviating
