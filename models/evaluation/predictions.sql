{%- set half_width = 'prediction_stddev * ' ~ normal_half_width(80) -%}
with

int_fit_plan as (

    select * from {{ ref('int_fit_plan') }}
    where feedback = 'explicit' and skipped_because is null

),

int_rating_scale as (

    select * from {{ ref('int_rating_scale') }}

),

rating_splits as (

    select * from {{ ref('rating_splits') }}

),

rating_biases as (

    select * from {{ ref('rating_biases') }}

),

global_means as (

    {{ global_means('rating_biases') | indent(4) }}

),

int_scoring_vectors as (

    select * from {{ ref('int_scoring_vectors') }}

),

int_driver_fits as (

    select * from {{ ref('int_driver_fits') }}
    where test_predictions is not null

),

-- A fit that averages over draws has predicted the test rows, since a dot
-- product has this average only approximately.
averages_listed as (

    select
        algorithm,
        protocol,
        fold,
        id as user_id,

        explode(arrays_zip(test_movie_ids, test_predictions, test_stddevs))
            as average

    from int_driver_fits

),

averages as (

    select
        averages_listed.algorithm,
        averages_listed.protocol,
        averages_listed.fold,
        averages_listed.user_id,
        averages_listed.average.test_movie_ids as movie_id,

        averages_listed.average.test_predictions as score,
        averages_listed.average.test_stddevs as stddev

    from averages_listed

),

-- The prediction for a cold user or movie, which has no factors, is `fallback`.
-- The bias of an unknown user or movie is 0.
test_ratings as (

    select
        rating_splits.protocol,
        rating_splits.fold,
        rating_splits.user_id,
        rating_splits.movie_id,

        rating_splits.rating,
        global_means.global_mean
        + coalesce(user_side.bias, 0)
        + coalesce(movie_side.bias, 0) as fallback

    from rating_splits
    inner join global_means using (protocol, fold)
    {{ join_sides('rating_splits', 'rating_biases', 'left') | indent(4) }}
    where rating_splits.split = 'test'

),

ratings_scored as (

    select
        int_fit_plan.algorithm,
        test_ratings.*,

        coalesce(
            averages.score,
            {{ dot_product('user_side.factors', 'movie_side.factors')
                | indent(12) }}
        ) as score,
        averages.stddev

    from test_ratings
    inner join int_fit_plan using (protocol, fold)
    {{ join_sides(
        'test_ratings',
        'int_scoring_vectors',
        'left',
        algorithm='int_fit_plan.algorithm'
    ) | indent(4) }}
    left join averages
        on
            int_fit_plan.algorithm = averages.algorithm
            and test_ratings.protocol = averages.protocol
            and test_ratings.fold = averages.fold
            and test_ratings.user_id = averages.user_id
            and test_ratings.movie_id = averages.movie_id

),

ratings_predicted as (

    select
        algorithm,
        protocol,
        fold,
        user_id,
        movie_id,

        rating,
        {{ clipped_rating('coalesce(score, fallback)') }} as prediction,
        stddev as prediction_stddev,
        rating_min,
        rating_max,

        score is null as is_fallback

    from ratings_scored
    cross join int_rating_scale

),

intervals_computed as (

    select
        algorithm,
        protocol,
        fold,
        user_id,
        movie_id,

        rating,
        prediction,
        prediction_stddev,
        {{ clipped_rating('prediction - ' ~ half_width) }} as interval_lower,
        {{ clipped_rating('prediction + ' ~ half_width) }} as interval_upper,

        is_fallback

    from ratings_predicted

)

select * from intervals_computed
