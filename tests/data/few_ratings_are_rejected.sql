-- Fails if the share of rejected ratings is above the var rejected_share_limit:
-- the files may be damaged, or have another format or scale than detected.
-- Duplicate ratings do not count, because users may rate a movie again, and
-- neither do the ratings of people whom the lake has forgotten.

with

raw_ratings as (

    select count(*) as row_count from {{ ref('raw_ratings') }}

),

rejected_ratings as (

    select
        count_if(
            rule not in ('duplicate_pair', 'user_forgotten')
        ) as row_count,
        count_if(
            rule in ('duplicate_pair', 'user_forgotten')
        ) as ignored_count

    from {{ ref('rejected_ratings') }}

),

shares as (

    select
        rejected_ratings.row_count as rejected_count,
        rejected_ratings.row_count
        / nullif(raw_ratings.row_count - rejected_ratings.ignored_count, 0)
            as rejected_share

    from raw_ratings
    cross join rejected_ratings
    where rejected_ratings.row_count > 0

)

select * from shares
where rejected_share > {{ var('rejected_share_limit') }}
