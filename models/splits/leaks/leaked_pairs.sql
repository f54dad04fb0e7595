-- Users and movies with more than one row in a fold. The protocol `all` is left
-- out: it has the pairs of interactions, whose primary key is tested.

with

interactions as (

    select * from {{ ref('interactions') }}

),

rating_splits as (

    select * from {{ ref('rating_splits') }}
    where protocol <> 'all'

),

-- Fingerprint of each user's ratings: their number and a combined hash. Only
-- the pairs of users whose fingerprint in a fold differs are then counted.
user_ratings as (

    select
        user_id,

        count(*) as rating_count,
        bit_xor(xxhash64(movie_id)) as rating_hash

    from interactions
    group by user_id

),

user_splits as (

    select
        protocol,
        fold,
        user_id,

        count(*) as rating_count,
        bit_xor(xxhash64(movie_id)) as rating_hash

    from rating_splits
    group by protocol, fold, user_id

),

users_suspected as (

    select
        protocol,
        fold,
        user_id

    from user_splits
    left anti join user_ratings using (user_id, rating_count, rating_hash)

),

pairs_leaked as (

    select
        rating_splits.protocol,
        rating_splits.fold,
        rating_splits.user_id,
        rating_splits.movie_id,

        count(*) as row_count

    from rating_splits
    left semi join users_suspected using (protocol, fold, user_id)
    group by
        rating_splits.protocol,
        rating_splits.fold,
        rating_splits.user_id,
        rating_splits.movie_id
    having count(*) > 1

)

select * from pairs_leaked
