with

int_evaluations as (

    select * from {{ ref('int_evaluations') }}
    where
        family = 'item_knn'
        and skipped_because is null

),

fits as (

    select distinct
        protocol,
        fold

    from int_evaluations

),

likes as (

    select
        int_ratings_fitted.protocol,
        int_ratings_fitted.fold,
        int_ratings_fitted.user_id,
        int_ratings_fitted.movie_id

    from {{ ref('int_ratings_fitted') }} as int_ratings_fitted
    inner join fits using (protocol, fold)
    where
        int_ratings_fitted.is_relevant
        and int_ratings_fitted.split <> 'fold_in'

),

pairs_counted as (

    select
        likes.protocol,
        likes.fold,
        likes.movie_id,
        neighbours.movie_id as neighbour_id,

        count(*) as pair_count

    from likes
    inner join likes as neighbours
        on
            likes.protocol = neighbours.protocol
            and likes.fold = neighbours.fold
            and likes.user_id = neighbours.user_id
            and likes.movie_id <= neighbours.movie_id
    group by
        likes.protocol, likes.fold, likes.movie_id, neighbours.movie_id

)

select * from pairs_counted
