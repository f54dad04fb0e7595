with

int_ratings_judged as (

    select * from {{ ref('int_ratings_judged') }}

),

-- The newest rating of a pair stays; of equally new ones, the highest.
ratings_accepted as (

    select
        user_id,
        movie_id,

        max(struct(rated_at, rating, is_relevant)) as newest,
        count(*) as source_count

    from int_ratings_judged
    where rule is null
    group by user_id, movie_id

),

interactions_named as (

    select
        user_id,
        movie_id,

        newest.rating,
        source_count,

        newest.is_relevant,

        newest.rated_at

    from ratings_accepted

)

select * from interactions_named
