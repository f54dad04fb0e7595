with

int_similar_movies_ranked as (

    select * from {{ ref('int_similar_movies_ranked') }}

),

similarities_selected as (

    select
        movie_id,
        rank,
        similar_movie_id,

        similarity

    from int_similar_movies_ranked

)

select * from similarities_selected
