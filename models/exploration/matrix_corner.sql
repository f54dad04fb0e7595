{#- Users in the table; matrix_corner_movies sets the number of movies. -#}
{%- set user_limit = 20 -%}

with

interactions as (

    select * from {{ ref('interactions') }}

),

matrix_corner_movies as (

    select * from {{ ref('matrix_corner_movies') }}

),

users as (

    select * from {{ ref('users') }}
    where rating_count > 0

),

users_ranked as (

    select
        user_id,

        row_number() over (order by rating_count desc, user_id asc)
            as user_rank

    from users

),

corner_ratings as (

    select
        interactions.user_id,

        matrix_corner_movies.column_name,

        interactions.rating

    from interactions
    inner join matrix_corner_movies using (movie_id)

),

-- A left join, so that a user who rated none of the movies keeps a row.
corner_users as (

    select
        user_id,

        corner_ratings.column_name,

        users_ranked.user_rank,
        corner_ratings.rating

    from users_ranked
    left join corner_ratings using (user_id)
    where users_ranked.user_rank <= {{ user_limit }}

),

corner_pivoted as (

    select *
    from corner_users
        pivot (
            max(rating) for column_name in (
                'movie_01', 'movie_02', 'movie_03', 'movie_04', 'movie_05',
                'movie_06', 'movie_07', 'movie_08', 'movie_09', 'movie_10',
                'movie_11', 'movie_12', 'movie_13', 'movie_14', 'movie_15',
                'movie_16', 'movie_17', 'movie_18', 'movie_19', 'movie_20'
            )
        )

)

select * from corner_pivoted
