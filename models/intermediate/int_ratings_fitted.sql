with

interactions as (

    select * from {{ ref('interactions') }}

),

rating_splits as (

    select * from {{ ref('rating_splits') }}

),

-- A test fit uses train and validation rows.
ratings_fitted as (

    select
        rating_splits.protocol,
        rating_splits.fold,
        rating_splits.user_id,
        rating_splits.movie_id,

        rating_splits.split,
        interactions.rating,
        interactions.rated_at

    from rating_splits
    inner join interactions using (user_id, movie_id)
    where rating_splits.split <> 'test'

)

select * from ratings_fitted
