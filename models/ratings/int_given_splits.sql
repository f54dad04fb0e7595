with

-- The raw column has statistics, by which Iceberg skips the files of a source
-- without splits.
stg_ratings as (

    select * from {{ ref('stg_ratings') }}
    where raw_split is not null

),

int_rating_scale as (

    select * from {{ ref('int_rating_scale') }}

),

-- If a fold has a user and movie in several splits, the last of these splits
-- counts, so that no other row of the user and movie is in the fit.
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
