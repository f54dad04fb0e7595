with

algorithms as (

    select * from {{ ref('algorithms') }}
    where enabled

),

{#- Under `all`, only popularity and the baselines that make recommendations. #}
{%- set is_needed -%}
(
    protocol <> 'all'
    or algorithm = 'popularity'
    or algorithm in {{ recommending_algorithms() }}
)
{%- endset %}

-- Factors of all families that are fitted by factorisation.
model_factors as (

    select
        algorithm,
        protocol,
        fold,
        side,
        id,

        factors

    from {{ ref('als_factors') }}

    union all

    select
        algorithm,
        protocol,
        fold,
        side,
        id,

        factors

    from {{ ref('int_driver_fits') }}
    where factors is not null

),

fit_rows as (

    {{ fit_rows(folded_in=false) | indent(4) }}

),

rating_biases as (

    select * from {{ ref('rating_biases') }}

),

-- A score is a dot product of two vectors. For a mean or a count, one side has
-- the number and the other side has 1; a bias needs two elements.
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
    where {{ is_needed }}

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
    where {{ is_needed }}

),

-- The window ends with the newest rating of the fit.
fit_windows as (

    select
        algorithms.algorithm,
        fit_rows.protocol,
        fit_rows.fold,

        max(fit_rows.rated_at)
        - make_interval(0, 0, 0, max(algorithms.window_days)) as rated_after

    from fit_rows
    cross join algorithms
    where
        algorithms.family = 'recent_popularity'
        and {{ is_needed }}
    group by
        algorithms.algorithm,
        fit_rows.protocol,
        fit_rows.fold

),

recent_factors as (

    select
        fit_windows.algorithm,
        fit_windows.protocol,
        fit_windows.fold,
        'movie' as side,
        fit_rows.movie_id as id,

        array(cast(
            count_if(fit_rows.rated_at > fit_windows.rated_after)
            as double
        )) as factors

    from fit_rows
    inner join fit_windows using (protocol, fold)
    group by
        fit_windows.algorithm,
        fit_windows.protocol,
        fit_windows.fold,
        fit_rows.movie_id

    union all

    select
        fit_windows.algorithm,
        rating_biases.protocol,
        rating_biases.fold,
        rating_biases.side,
        rating_biases.id,

        array(1d) as factors

    from rating_biases
    inner join fit_windows using (protocol, fold)
    where rating_biases.side = 'user'

),

direct_factors as (

    select
        model_factors.algorithm,
        model_factors.protocol,
        model_factors.fold,
        model_factors.side,
        model_factors.id,

        cast(model_factors.factors as array<double>) as factors

    from model_factors
    inner join algorithms using (algorithm)
    where algorithms.family not in ('biased_als', 'svd')

),

-- Factors of residuals score together with the biases that were subtracted
-- from the ratings before the fit.
residual_factors as (

    select
        model_factors.algorithm,
        model_factors.protocol,
        model_factors.fold,
        model_factors.side,
        model_factors.id,

        concat(
            cast(model_factors.factors as array<double>),
            bias_factors.factors
        ) as factors

    from model_factors
    inner join algorithms using (algorithm)
    left join bias_factors using (id, protocol, fold, side)
    where algorithms.family in ('biased_als', 'svd')

),

fits as (

    select distinct
        algorithm,
        protocol,
        fold

    from model_factors

),

-- The catalogue is every movie with a rating in the fit; a movie that no user
-- likes has the score 0.
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
    left anti join model_factors
        on
            rating_biases.id = model_factors.id
            and fits.algorithm = model_factors.algorithm
            and rating_biases.protocol = model_factors.protocol
            and rating_biases.fold = model_factors.fold
            and rating_biases.side = model_factors.side
    where rating_biases.side = 'movie'

),

factors_combined as (

    select * from baseline_factors
    union all
    select * from damped_factors
    union all
    select * from recent_factors
    union all
    select * from direct_factors
    union all
    select * from residual_factors
    union all
    select * from unliked_factors

)

select * from factors_combined
