-- Fails when a larger share is rejected than the var rejected_share_limit
-- allows: the files are damaged, or of another form or scale than they seem.
-- That somebody rates again is no damage.

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
