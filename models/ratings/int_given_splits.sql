with

-- The condition is on the raw column because Iceberg has statistics of it. For
-- a source without splits, Iceberg then reads no file.
stg_ratings as (

    select * from {{ ref('stg_ratings') }}
    where raw_split is not null

),

int_rating_scale as (

    select * from {{ ref('int_rating_scale') }}

),

-- If a fold has a user and movie in several splits, the last of these splits
-- counts. Otherwise the fit would have a row of a test pair.
splits_combined as (

    select
        user_id,
        movie_id,

        case
            when bool_or(split = 'test') then 'test'
            when bool_or(split = 'validation') then 'validation'
            else 'train'
        end as split,

        fold,
        count(*) as row_count

    from stg_ratings
    cross join int_rating_scale
    where split is not null and {{ rating_rule() }} is null
    group by user_id, movie_id, fold

),

splits_given as (

    select
        *,

        fold > min(fold) over (partition by user_id, movie_id)
            as is_in_earlier_fold

    from splits_combined

)

select * from splits_given
