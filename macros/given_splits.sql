{#-
    Select the splits that the source gives for the ratings that break no rule:
    one row per user, movie and fold. Without numbered folds, the fold is 0; if
    the source gives no splits, there is no row. `row_count` is the number of
    rows of the user and movie in the fold.

    If a fold has a user and movie in several splits, the last of these splits
    counts. Otherwise the fit would have a row of a test pair. If a fold with a
    lower number has the user and movie too, is_in_earlier_fold is true: several
    folds of the source may contain the same rating.
-#}
{% macro given_splits() -%}
with

-- The condition is on the raw column because Iceberg has statistics of it. For
-- a source without splits, Iceberg then reads no file.
stg_ratings as (

    select * from {{ ref('stg_ratings') }}
    where raw_split is not null

),

splits_combined as (

    select
        stg_ratings.user_id,
        stg_ratings.movie_id,

        case
            when bool_or(split = 'test') then 'test'
            when bool_or(split = 'validation') then 'validation'
            else 'train'
        end as split,

        stg_ratings.fold,
        count(*) as row_count

    from stg_ratings
    cross join {{ ref('int_rating_scale') }} as int_rating_scale
    where split is not null and {{ rating_rule() }} is null
    group by stg_ratings.user_id, stg_ratings.movie_id, stg_ratings.fold

)

select
    *,

    fold > min(fold) over (partition by user_id, movie_id)
        as is_in_earlier_fold

from splits_combined
{%- endmacro %}
