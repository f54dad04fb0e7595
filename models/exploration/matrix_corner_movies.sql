{#- Number of movie columns in the contract of matrix_corner. -#}
{%- set movie_limit = 20 -%}

with

movies as (

    select * from {{ ref('movies') }}
    where rating_count > 0

),

movies_ranked as (

    select
        movie_id,

        title,

        row_number() over (order by rating_count desc, movie_id asc)
            as movie_rank,
        rating_count

    from movies

),

movies_named as (

    select
        movie_id,

        concat('movie_', lpad(movie_rank, 2, '0')) as column_name,
        title,

        movie_rank,
        rating_count

    from movies_ranked
    where movie_rank <= {{ movie_limit }}

)

select * from movies_named
