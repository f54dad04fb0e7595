with

stg_ratings as (

    select * from {{ ref('stg_ratings') }}

),

int_rating_scale as (

    select * from {{ ref('int_rating_scale') }}

),

interactions as (

    select * from {{ ref('interactions') }}

),

-- A rating that several folds give is one rating, so only the rows of the first
-- of these folds count.
ratings_repeated as (

    select
        user_id,
        movie_id,
        fold

    from {{ ref('int_given_splits') }}
    where is_in_earlier_fold

),

pairs_doubled as (

    select
        user_id,
        movie_id

    from interactions
    where event_count > 1 and rating is not null

),

ratings_doubled as (

    select
        stg_ratings.*,

        -- Number 1 is in interactions. The last columns make the choice
        -- between equal ratings deterministic.
        row_number() over (
            partition by user_id, movie_id
            order by
                rated_at desc,
                rating desc,
                raw_rating asc,
                raw_rated_at asc,
                file asc
        ) as pair_number

    from stg_ratings
    inner join pairs_doubled using (user_id, movie_id)
    left anti join ratings_repeated using (user_id, movie_id, fold)
    cross join int_rating_scale
    where {{ rating_rule() }} is null

),

ratings_rejected as (

    select * from {{ ref('int_ratings_rejected') }}

    union all

    select
        'duplicate_pair' as rule,
        raw_user_id,
        raw_movie_id,
        raw_rating,
        raw_strength,
        raw_rated_at,
        raw_split,
        malformed_line,
        file

    from ratings_doubled
    where pair_number > 1

)

select * from ratings_rejected
