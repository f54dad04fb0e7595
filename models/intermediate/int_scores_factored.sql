with

algorithms as (

    select * from {{ ref('algorithms') }} where enabled

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

        case algorithms.algorithm || ' ' || rating_biases.side
            when 'popularity movie'
                then array(cast(rating_biases.rating_count as double))
            when 'global_mean movie' then array(rating_biases.global_mean)
            when 'movie_mean movie' then array(rating_biases.mean_rating)
            when 'user_mean user' then array(rating_biases.mean_rating)
            when 'damped_bias movie' then array(1d, rating_biases.bias)
            when 'damped_bias user'
                then array(
                    rating_biases.global_mean + rating_biases.bias, 1d
                )
            else array(1d)
        end as factors

    from rating_biases
    inner join algorithms
        on algorithms.family in ('popularity', 'mean', 'bias')

),

damped_biases as (

    select * from baseline_factors where algorithm = 'damped_bias'

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
                    damped_biases.factors
                )
            else cast(als_factors.factors as array<double>)
        end as factors

    from als_factors
    inner join algorithms using (algorithm)
    left join damped_biases using (protocol, fold, side, id)

),

factors_combined as (

    select * from baseline_factors
    union all
    select * from fitted_factors

)

select * from factors_combined
