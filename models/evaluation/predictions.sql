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

user_biases as (

    select * from rating_biases
    where side = 'user'

),

movie_biases as (

    select * from rating_biases
    where side = 'movie'

),

global_means as (

    select
        protocol,
        fold,

        max(global_mean) as global_mean

    from rating_biases
    group by protocol, fold

),

int_scoring_vectors as (

    select * from {{ ref('int_scoring_vectors') }}

),

user_factors as (

    select * from int_scoring_vectors
    where side = 'user'

),

movie_factors as (

    select * from int_scoring_vectors
    where side = 'movie'

),

-- The prediction for a cold user or movie, which has no factors, is `fallback`.
-- A bias that the fit does not know is 0.
test_ratings as (

    select
        rating_splits.protocol,
        rating_splits.fold,
        rating_splits.user_id,
        rating_splits.movie_id,

        rating_splits.rating,
        global_means.global_mean
        + coalesce(user_biases.bias, 0)
        + coalesce(movie_biases.bias, 0) as fallback

    from rating_splits
    inner join global_means using (protocol, fold)
    left join user_biases
        on
            rating_splits.protocol = user_biases.protocol
            and rating_splits.fold = user_biases.fold
            and rating_splits.user_id = user_biases.id
    left join movie_biases
        on
            rating_splits.protocol = movie_biases.protocol
            and rating_splits.fold = movie_biases.fold
            and rating_splits.movie_id = movie_biases.id
    where rating_splits.split = 'test'

),

ratings_scored as (

    select
        int_fit_plan.algorithm,
        test_ratings.*,

        {{ dot_product('user_factors.factors', 'movie_factors.factors') }}
            as score

    from test_ratings
    inner join int_fit_plan using (protocol, fold)
    left join user_factors
        on
            int_fit_plan.algorithm = user_factors.algorithm
            and test_ratings.protocol = user_factors.protocol
            and test_ratings.fold = user_factors.fold
            and test_ratings.user_id = user_factors.id
    left join movie_factors
        on
            int_fit_plan.algorithm = movie_factors.algorithm
            and test_ratings.protocol = movie_factors.protocol
            and test_ratings.fold = movie_factors.fold
            and test_ratings.movie_id = movie_factors.id

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
