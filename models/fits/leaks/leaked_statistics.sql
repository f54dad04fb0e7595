-- Fitted values that differ from the values recomputed from the rows of the
-- fit.

with

int_training_targets as (

    select * from {{ ref('int_training_targets') }}

),

rating_biases as (

    select * from {{ ref('rating_biases') }}

),

rating_splits as (

    select * from {{ ref('rating_splits') }}

),

fit_rows as (

    select
        protocol,
        fold,
        user_id,
        movie_id,

        split,
        rating,
        strength

    from rating_splits
    where split <> 'test'

),

-- Fingerprint of each user's ratings: their number and a combined hash. A
-- difference is found without a join of all rows.
fit_users as (

    select
        protocol,
        fold,
        user_id,

        count(*) as rating_count,
        bit_xor(xxhash64(movie_id, rating, strength)) as rating_hash,
        avg(rating) as mean_rating

    from fit_rows
    group by protocol, fold, user_id

),

fitted_users as (

    select
        protocol,
        fold,
        user_id,

        count(*) as rating_count,
        bit_xor(xxhash64(movie_id, rating, strength)) as rating_hash

    from int_training_targets
    group by protocol, fold, user_id

),

-- Ratings of folded-in users do not count for movies.
fit_movies as (

    select
        protocol,
        fold,
        movie_id,

        count(*) as rating_count,
        avg(rating) as mean_rating

    from fit_rows
    where split <> 'fold_in'
    group by protocol, fold, movie_id

),

fit_means as (

    select
        protocol,
        fold,

        sum(rating_count * mean_rating) / sum(rating_count) as global_mean

    from fit_movies
    group by protocol, fold

),

fit_statistics as (

    select
        protocol,
        fold,
        'user' as side,
        user_id as id,
        rating_count,
        mean_rating

    from fit_users

    union all

    select
        protocol,
        fold,
        'movie' as side,
        movie_id as id,
        rating_count,
        mean_rating

    from fit_movies

),

users_suspected as (

    select
        protocol,
        fold,
        user_id

    from fitted_users
    left anti join fit_users
        using (protocol, fold, user_id, rating_count, rating_hash)

),

-- A missing row is not a leak: if the only ratings of a movie in the fit are
-- folded in, these ratings have no residual.
rows_leaked as (

    select distinct
        'int_training_targets' as relation,
        protocol,
        fold,
        'user' as side,
        user_id as id

    from int_training_targets
    left semi join users_suspected using (protocol, fold, user_id)
    left anti join fit_rows
        on
            int_training_targets.protocol = fit_rows.protocol
            and int_training_targets.fold = fit_rows.fold
            and int_training_targets.user_id = fit_rows.user_id
            and int_training_targets.movie_id = fit_rows.movie_id
            and int_training_targets.rating <=> fit_rows.rating
            and int_training_targets.strength <=> fit_rows.strength

),

biases_leaked as (

    select
        'rating_biases' as relation,
        rating_biases.protocol,
        rating_biases.fold,
        rating_biases.side,
        rating_biases.id

    from rating_biases
    left join fit_statistics using (id, protocol, fold, side)
    left join fit_means using (protocol, fold)
    where
        fit_statistics.rating_count is null
        or abs(fit_means.global_mean - rating_biases.global_mean)
        > 1e-9 * greatest(1, abs(fit_means.global_mean))
        or fit_statistics.rating_count <> rating_biases.rating_count
        or abs(fit_statistics.mean_rating - rating_biases.mean_rating)
        > 1e-9 * greatest(1, abs(fit_statistics.mean_rating))

),

statistics_leaked as (

    select * from rows_leaked
    union all
    select * from biases_leaked

)

select * from statistics_leaked
