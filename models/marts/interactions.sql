with

int_ratings_judged as (

    select * from {{ ref('int_ratings_judged') }}

),

ratings_accepted as (

    select
        user_id,
        movie_id,

        rating,

        rated_at

    from int_ratings_judged
    where rule is null

)

select * from ratings_accepted
