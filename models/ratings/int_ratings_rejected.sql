with

int_ratings_validated as (

    select * from {{ ref('int_ratings_validated') }}

),

ratings_rejected as (

    select
        rule,
        raw_user_id,
        raw_movie_id,
        raw_rating,
        raw_rated_at,
        malformed_line,
        file

    from int_ratings_validated
    where rule is not null

)

select * from ratings_rejected
