with

int_fit_plan as (

    select * from {{ ref('int_fit_plan') }}
    where skipped_because is null

),

fit_rows as (

    {{ fit_rows(folded_in=false) | indent(4) }}

),

rating_biases as (

    select * from {{ ref('rating_biases') }}

),

als_factors as (

    select * from {{ ref('als_factors') }}

),

int_driver_fits as (

    select * from {{ ref('int_driver_fits') }}
    where factors is not null

),

-- Two elements, whose dot product is the prediction of damped_bias.
biases as (

    select
        *,

        if(
            side = 'movie',
            array(1d, bias),
            array(global_mean + bias, 1d)
        ) as bias_vector

    from rating_biases

),

-- A score is a dot product of two vectors. For a mean or a count, one side has
-- the number and the other side has 1.
baseline_vectors as (

    select
        int_fit_plan.algorithm,
        biases.protocol,
        biases.fold,
        biases.side,
        biases.id,

        case
            when int_fit_plan.family = 'bias' then biases.bias_vector
            when biases.side = 'movie' and int_fit_plan.family = 'popularity'
                then array(cast(biases.rating_count as double))
            when
                biases.side = 'movie'
                and int_fit_plan.algorithm = 'global_mean'
                then array(biases.global_mean)
            when
                biases.side = 'movie'
                and int_fit_plan.algorithm = 'movie_mean'
                then array(biases.mean_rating)
            when
                biases.side = 'user'
                and int_fit_plan.algorithm = 'user_mean'
                then array(biases.mean_rating)
            else array(1d)
        end as factors

    from biases
    inner join int_fit_plan using (protocol, fold)
    where
        int_fit_plan.family in ('popularity', 'mean', 'bias')
        or (
            int_fit_plan.family = 'recent_popularity'
            and biases.side = 'user'
        )

),

-- The window ends with the newest rating of the fit.
fit_windows as (

    select
        int_fit_plan.algorithm,
        fit_rows.protocol,
        fit_rows.fold,

        max(fit_rows.rated_at)
        - make_interval(0, 0, 0, max(int_fit_plan.window_days)) as rated_after

    from fit_rows
    inner join int_fit_plan using (protocol, fold)
    where int_fit_plan.family = 'recent_popularity'
    group by
        int_fit_plan.algorithm,
        fit_rows.protocol,
        fit_rows.fold

),

recent_movie_vectors as (

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

),

factors_fitted as (

    {%- for table in ['als_factors', 'int_driver_fits'] %}

    select
        algorithm,
        protocol,
        fold,
        side,
        id,

        cast(factors as array<double>) as factors

    from {{ table }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

-- Factors of residuals score together with the biases that were subtracted
-- from the ratings before the fit.
fitted_vectors as (

    select
        factors_fitted.algorithm,
        factors_fitted.protocol,
        factors_fitted.fold,
        factors_fitted.side,
        factors_fitted.id,

        if(
            int_fit_plan.family in ('biased_als', 'svd'),
            concat(factors_fitted.factors, biases.bias_vector),
            factors_fitted.factors
        ) as factors

    from factors_fitted
    inner join int_fit_plan using (algorithm, protocol, fold)
    left join biases using (id, protocol, fold, side)

),

-- The catalogue is every movie with a rating in the fit; a movie that no user
-- likes has the score 0.
unliked_movie_vectors as (

    select
        int_fit_plan.algorithm,
        rating_biases.protocol,
        rating_biases.fold,
        rating_biases.side,
        rating_biases.id,

        array_repeat(0d, cast(int_fit_plan.factors as int)) as factors

    from rating_biases
    inner join int_fit_plan using (protocol, fold)
    left anti join factors_fitted
        on
            rating_biases.id = factors_fitted.id
            and int_fit_plan.algorithm = factors_fitted.algorithm
            and rating_biases.protocol = factors_fitted.protocol
            and rating_biases.fold = factors_fitted.fold
            and rating_biases.side = factors_fitted.side
    where
        rating_biases.side = 'movie'
        and int_fit_plan.family = 'als'
        and int_fit_plan.feedback = 'implicit'

),

vectors_combined as (

    select * from baseline_vectors
    union all
    select * from recent_movie_vectors
    union all
    select * from fitted_vectors
    union all
    select * from unliked_movie_vectors

)

select * from vectors_combined
