with

algorithms as (

    select * from {{ ref('algorithms') }}
    where enabled

),

als_factors as (

    select * from {{ ref('als_factors') }}

),

rating_biases as (

    select * from {{ ref('rating_biases') }}

),

-- Every score is a dot product of a user's and a movie's factors. A mean or a
-- count stands on one side and 1 on the other; a bias needs two places.
baseline_factors as (

    select
        algorithms.algorithm,
        rating_biases.protocol,
        rating_biases.fold,
        rating_biases.side,
        rating_biases.id,

        case
            when
                rating_biases.side = 'movie'
                and algorithms.algorithm = 'popularity'
                then array(cast(rating_biases.rating_count as double))
            when
                rating_biases.side = 'movie'
                and algorithms.algorithm = 'global_mean'
                then array(rating_biases.global_mean)
            when
                rating_biases.side = 'movie'
                and algorithms.algorithm = 'movie_mean'
                then array(rating_biases.mean_rating)
            when
                rating_biases.side = 'user'
                and algorithms.algorithm = 'user_mean'
                then array(rating_biases.mean_rating)
            else array(1d)
        end as factors

    from rating_biases
    inner join algorithms
        on algorithms.family in ('popularity', 'mean')

),

bias_factors as (

    select
        protocol,
        fold,
        side,
        id,

        case side
            when 'movie' then array(1d, bias)
            else array(global_mean + bias, 1d)
        end as factors

    from rating_biases

),

damped_factors as (

    select
        algorithms.algorithm,
        bias_factors.*

    from bias_factors
    inner join algorithms
        on algorithms.family = 'bias'

),

-- A fit on residuals is read together with the biases that it was fitted
-- without.
fitted_factors as (

    select
        als_factors.algorithm,
        als_factors.protocol,
        als_factors.fold,
        als_factors.side,
        als_factors.id,

        case algorithms.family
            when 'biased_als'
                then concat(
                    cast(als_factors.factors as array<double>),
                    bias_factors.factors
                )
            else cast(als_factors.factors as array<double>)
        end as factors

    from als_factors
    inner join algorithms using (algorithm)
    left join bias_factors using (protocol, fold, side, id)

),

fits as (

    select distinct
        algorithm,
        protocol,
        fold

    from als_factors

),

-- The catalogue is every movie with a rating in the fit: one that nobody
-- liked scores 0.
unliked_factors as (

    select
        fits.algorithm,
        fits.protocol,
        fits.fold,
        rating_biases.side,
        rating_biases.id,

        array_repeat(0d, cast(algorithms.factors as int)) as factors

    from rating_biases
    inner join fits using (protocol, fold)
    inner join algorithms
        on
            fits.algorithm = algorithms.algorithm
            and algorithms.feedback = 'implicit'
    left anti join als_factors
        on
            fits.algorithm = als_factors.algorithm
            and rating_biases.protocol = als_factors.protocol
            and rating_biases.fold = als_factors.fold
            and rating_biases.side = als_factors.side
            and rating_biases.id = als_factors.id
    where rating_biases.side = 'movie'

),

factors_combined as (

    select * from baseline_factors
    union all
    select * from damped_factors
    union all
    select * from fitted_factors
    union all
    select * from unliked_factors

)

select * from factors_combined
