with

interactions as (

    select * from {{ ref('interactions') }}

),

protocols as (

    select
        *,
        explode(sequence(0, cast(folds as int) - 1)) as fold

    from {{ ref('int_protocols') }}

),

ratings_placed as (

    select
        user_id,
        movie_id,

        rating,
        is_relevant,
        rated_at,
        {{ hash_fraction(['user_id', 'movie_id']) }} as hash_position,
        {{ hash_fraction(['user_id']) }} as user_position,
        -- The share of older ratings: those of the same second share it, so a
        -- cut never parts them, and the oldest are always there to train on.
        (rank() over (order by rated_at) - 1)
        / count(*) over () as time_position,
        (rank() over (partition by user_id order by rated_at) - 1)
        / count(*) over (partition by user_id) as user_time_position,
        row_number() over (
            partition by user_id
            order by
                rated_at desc,
                {{ hash_fraction(['user_id', 'movie_id']) }} desc,
                movie_id asc
        ) as place_from_last

    from interactions

),

-- Each fold cuts its test rows from another part of the circle of hashes.
ratings_turned as (

    select
        protocols.*,
        ratings_placed.*,

        pmod(
            ratings_placed.hash_position
            + protocols.fold * protocols.test_fraction,
            1
        ) as fold_position

    from ratings_placed
    cross join protocols

),

positions_chosen as (

    select
        *,

        case split_by
            when 'hash' then fold_position
            when 'time' then time_position
            when 'user_time' then user_time_position
            when 'user' then user_position
            else 0
        end as position,
        split_by = 'user' and hash_position < fold_in_fraction as is_folded_in

    from ratings_turned

),

ratings_split as (

    select
        protocol,
        fold,
        user_id,
        movie_id,

        case
            when place_from_last <= test_count then 'test'
            when place_from_last <= 2 * test_count then 'validation'
            when test_count is not null then 'train'
            when position < round(1 - test_fraction - validation_fraction, 9)
                then 'train'
            when position < round(1 - test_fraction, 9) then 'validation'
            when is_folded_in then 'fold_in'
            else 'test'
        end as split,
        rating,

        is_relevant,

        rated_at

    from positions_chosen

)

select * from ratings_split
