with

stg_ratings as (

    select * from {{ ref('stg_ratings') }}

),

int_rating_scale as (

    select * from {{ ref('int_rating_scale') }}

),

ratings_validated as (

    select
        stg_ratings.*,

        {{ rating_rule() }} as rule

    from stg_ratings
    cross join int_rating_scale

),

ratings_rejected as (

    select
        rule,
        raw_user_id,
        raw_movie_id,
        raw_rating,
        raw_strength,
        raw_rated_at,
        raw_split,
        malformed_line,
        file

    from ratings_validated
    where rule is not null

)

select * from ratings_rejected
