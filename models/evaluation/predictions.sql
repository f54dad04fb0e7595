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

        {{ dot_product('user_side.factors', 'movie_side.factors') }}
            as score

    from test_ratings
    inner join int_fit_plan using (protocol, fold)
    {{ join_sides(
        'test_ratings',
        'int_scoring_vectors',
        'left',
        algorithm='int_fit_plan.algorithm'
    ) | indent(4) }}

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

        score is null as is_fallback

    from ratings_scored
    cross join int_rating_scale

)

select * from ratings_predicted
