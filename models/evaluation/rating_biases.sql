with

int_ratings_fitted as (

    select * from {{ ref('int_ratings_fitted') }}

),

algorithms as (

    select * from {{ ref('algorithms') }}

),

damping as (

    select reg
    from algorithms
    where algorithm = 'damped_bias'

),

global_means as (

    select
        protocol,
        fold,

        avg(rating) as global_mean

    from int_ratings_fitted
    group by protocol, fold

),

ratings_centred as (

    select
        int_ratings_fitted.*,

        global_means.global_mean,
        int_ratings_fitted.rating - global_means.global_mean as deviation,
        damping.reg

    from int_ratings_fitted
    inner join global_means using (protocol, fold)
    cross join damping

),

movie_biases as (

    select
        protocol,
        fold,
        'movie' as side,
        movie_id as id,

        count(*) as rating_count,
        avg(rating) as mean_rating,
        sum(deviation) / (count(*) + max(reg)) as bias,
        max(global_mean) as global_mean

    from ratings_centred
    group by protocol, fold, movie_id

),

-- What the movies leave unexplained of a user's ratings.
user_biases as (

    select
        ratings_centred.protocol,
        ratings_centred.fold,
        'user' as side,
        ratings_centred.user_id as id,

        count(*) as rating_count,
        avg(ratings_centred.rating) as mean_rating,
        sum(ratings_centred.deviation - movie_biases.bias)
        / (count(*) + max(ratings_centred.reg)) as bias,
        max(ratings_centred.global_mean) as global_mean

    from ratings_centred
    inner join movie_biases
        on
            ratings_centred.protocol = movie_biases.protocol
            and ratings_centred.fold = movie_biases.fold
            and ratings_centred.movie_id = movie_biases.id
    group by
        ratings_centred.protocol, ratings_centred.fold, ratings_centred.user_id

),

biases_combined as (

    select * from movie_biases
    union all
    select * from user_biases

)

select * from biases_combined
