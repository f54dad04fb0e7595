with

movies as (

    select * from {{ ref('movies') }}

),

movie_genres as (

    select
        explode(split(genres, '[|]')) as genre,

        cast(floor(release_year, -1) as int) as release_decade,
        rating_count,
        mean_rating

    from movies
    where release_year is not null

),

genres_counted as (

    select
        release_decade,
        genre,

        count(*) as movie_count,
        sum(rating_count) as rating_count,
        sum(rating_count * mean_rating) / nullif(sum(rating_count), 0)
            as mean_rating

    from movie_genres
    group by release_decade, genre

)

select * from genres_counted
