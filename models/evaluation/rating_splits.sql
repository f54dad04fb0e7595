with

interactions as (

    select * from {{ ref('interactions') }}

),

protocols as (

    select * from {{ ref('protocols') }}

),

ratings_placed as (

    select
        user_id,
        movie_id,

        {{ hash_fraction(['user_id', 'movie_id']) }} as hash_position,
        -- The share of older ratings: those of the same second share it, so a
        -- cut never parts them, and the oldest are always there to train on.
        (rank() over (order by rated_at) - 1)
        / count(*) over () as time_position

    from interactions

),

positions_chosen as (

    select
        protocols.protocol,
        protocols.validation_fraction,
        protocols.test_fraction,
        ratings_placed.user_id,
        ratings_placed.movie_id,

        case protocols.split_by
            when 'hash' then ratings_placed.hash_position
            when 'time' then ratings_placed.time_position
            else 0
        end as position

    from ratings_placed
    cross join protocols

),

ratings_split as (

    select
        protocol,
        0 as fold,
        user_id,
        movie_id,

        case
            when position >= round(1 - test_fraction, 9) then 'test'
            when position >= round(1 - test_fraction - validation_fraction, 9)
                then 'validation'
            else 'train'
        end as split

    from positions_chosen

)

select * from ratings_split
