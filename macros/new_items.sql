{#-
    Select `user_id, movie_id, score, new_rank` of the movies without a rating
    that fit each user best: the score of a movie is the mean, over its genres,
    of the share of the user's liked movies that have the genre. Of equal scores,
    the newer movie comes first. `users` is a relation with the lists of users;
    only personal lists get new items.
-#}
{% macro new_items(users, most) -%}
with

new_movies as (

    select
        movie_id,
        release_year,
        size(split(genres, '[|]')) as genre_count,

        explode(split(genres, '[|]')) as genre

    from {{ ref('movies') }}
    where
        rating_count = 0
        and genres is not null
        and {{ var('candidate_movies') }}

),

likes as (

    select
        interactions.user_id,
        movies.genres,

        count(*) over (partition by interactions.user_id) as like_count

    from {{ ref('interactions') }} as interactions
    left semi join (
        select user_id from {{ users }}
        where scored_by = algorithm
    ) using (user_id)
    inner join {{ ref('movies') }} as movies using (movie_id)
    where interactions.is_relevant

),

likes_by_genre as (

    select
        user_id,
        like_count,

        explode(split(genres, '[|]')) as genre

    from likes

),

genre_shares as (

    select
        user_id,
        genre,

        count(*) / max(like_count) as share

    from likes_by_genre
    group by user_id, genre

),

movies_scored as (

    select
        genre_shares.user_id,
        new_movies.movie_id,

        sum(genre_shares.share) / max(new_movies.genre_count) as score,
        max(new_movies.release_year) as release_year

    from new_movies
    inner join genre_shares using (genre)
    group by genre_shares.user_id, new_movies.movie_id

),

movies_ranked as (

    select
        user_id,
        movie_id,

        score,
        row_number() over (
            partition by user_id
            order by score desc, release_year desc nulls last, movie_id asc
        ) as new_rank

    from movies_scored

)

select * from movies_ranked
where new_rank <= {{ most }}
{%- endmacro %}
