-- Fails if the share of rejected ratings is above the var rejected_share_limit:
-- the files may be damaged, or have another format or scale than detected.
-- Duplicate ratings do not count, because users may rate a movie again.

with

interactions as (

    select count(*) as row_count from {{ ref('interactions') }}

),

rejected_ratings as (

    select count_if(rule <> 'duplicate_pair') as row_count
    from {{ ref('rejected_ratings') }}

),

shares as (

    select
        rejected_ratings.row_count as rejected_count,
        rejected_ratings.row_count
        / (interactions.row_count + rejected_ratings.row_count)
            as rejected_share

    from interactions
    cross join rejected_ratings
    where rejected_ratings.row_count > 0

)

select * from shares
where rejected_share > {{ var('rejected_share_limit') }}
