with

stg_ratings as (

    select * from {{ ref('stg_ratings') }}

),

ratings_judged as (

    select
        *,

        {{ rejection_rule() }} as rule

    from stg_ratings

),

ratings_numbered as (

    select
        *,

        -- The newest rating of a pair wins; of equally new ones, the highest;
        -- of equals, the same one in every build.
        row_number() over (
            partition by user_id, movie_id, rule is null
            order by
                rated_at desc,
                rating desc,
                raw_rating asc,
                raw_rated_at asc,
                file asc
        ) as pair_number

    from ratings_judged

),

duplicates_judged as (

    select
        * except (pair_number, rule),

        case
            when rule is null and pair_number > 1 then 'duplicate_pair'
            else rule
        end as rule

    from ratings_numbered

)

select * from duplicates_judged
