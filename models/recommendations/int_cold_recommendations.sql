with

interactions as (

    select * from {{ ref('interactions') }}

),

candidate_movies as (

    select * from {{ ref('movies') }}
    where rating_count > 0 and {{ var('candidate_movies') }}

),

-- The known attributes of a user. Every user has the first attribute.
users_profiled as (

    select
        user_id,

        filter(
            array(
                struct('everyone' as name, 'all' as value),
                struct('gender' as name, gender as value),
                struct('occupation' as name, occupation as value),
                struct(
                    'age' as name,
                    cast(
                        floor(age / {{ var('age_group_years') }}) as string
                    ) as value
                )
            ),
            attribute -> attribute.value is not null
        ) as profile,
        rating_count

    from {{ ref('users') }}

),

cold_users as (

    select * from users_profiled
    where rating_count = 0

),

profiles as (

    select distinct profile from cold_users

),

profile_attributes as (

    select
        profile,

        explode(profile) as attribute

    from profiles

),

attributes_needed as (

    select distinct attribute from profile_attributes

),

raters_listed as (

    select
        user_id,

        explode(profile) as attribute

    from users_profiled
    where rating_count > 0

),

raters as (

    select * from raters_listed
    left semi join attributes_needed using (attribute)

),

group_sizes as (

    select
        attribute,

        count(*) as user_count

    from raters
    group by attribute

),

group_counts as (

    select
        raters.attribute,
        interactions.movie_id,

        count(*) as rating_count

    from raters
    inner join interactions using (user_id)
    group by raters.attribute, interactions.movie_id

),

everyone as (

    select group_sizes.user_count from group_sizes
    where group_sizes.attribute.name = 'everyone'

),

-- The share of the users with an attribute who have rated the movie, as if
-- `cold_damping` average users belonged to each group; the mean over the known
-- attributes.
movies_scored as (

    select
        profile_attributes.profile,
        candidate_movies.movie_id,

        avg(
            (
                coalesce(group_counts.rating_count, 0)
                + {{ var('cold_damping') }}
                * candidate_movies.rating_count / everyone.user_count
            )
            / (
                coalesce(group_sizes.user_count, 0)
                + {{ var('cold_damping') }}
            )
        ) as score

    from profile_attributes
    cross join candidate_movies
    cross join everyone
    left join group_sizes using (attribute)
    left join group_counts using (attribute, movie_id)
    group by profile_attributes.profile, candidate_movies.movie_id

),

movies_in_genres as (

    select
        movies_scored.*,

        md5(concat({{ var('seed') }}, ':', movie_id)) as tie_order,
        if(
            candidate_movies.genres is null,
            1,
            row_number() over (
                partition by profile, split(candidate_movies.genres, '[|]')[0]
                order by
                    movies_scored.score desc,
                    md5(concat({{ var('seed') }}, ':', movie_id)) asc
            )
        ) as genre_rank

    from movies_scored
    inner join candidate_movies using (movie_id)

),

lists_diversified as (

    select
        profile,
        movie_id,

        score,
        row_number() over (
            partition by profile
            order by
                genre_rank > {{ var('cold_genre_limit') }} asc,
                score desc,
                tie_order asc
        ) as rank

    from movies_in_genres

),

cold_recommendations as (

    select
        cold_users.user_id,
        cast(lists_diversified.rank as int) as rank,
        lists_diversified.movie_id,

        lists_diversified.score

    from cold_users
    inner join lists_diversified using (profile)
    where lists_diversified.rank <= {{ var('recommendation_count') }}

)

select * from cold_recommendations
