with

interactions as (

    select * from {{ ref('interactions') }}

),

movies_validated as (

    {{ validated_descriptions('movie') | indent(4) }}

),

movies_described as (

    select * from movies_validated
    where rule is null

),

source_ids as (

    {{ source_ids('movie') | indent(4) }}

),

movies_rated as (

    select
        movie_id,

        count(*) as rating_count,
        avg(rating) as mean_rating

    from interactions
    group by movie_id

),

stg_links as (

    select * from {{ ref('stg_links') }}
    where movie_id is not null

),

movie_links as (

    select
        movie_id,

        max(imdb_id) as imdb_id,

        max(tmdb_id) as tmdb_id

    from stg_links
    group by movie_id

),

stg_tags as (

    select * from {{ ref('stg_tags') }}
    where movie_id is not null and tag is not null

),

tags_escaped as (

    select
        movie_id,
        -- In a list of tags, | separates them.
        replace(tag, '|', '/') as tag

    from stg_tags

),

tags_counted as (

    select
        movie_id,
        tag,

        count(*) as tag_count

    from tags_escaped
    group by movie_id, tag

),

tags_ranked as (

    select
        movie_id,
        tag,

        row_number() over (
            partition by movie_id
            order by tag_count desc, tag asc
        ) as tag_rank

    from tags_counted

),

movie_tags as (

    select
        movie_id,

        array_join(
            transform(
                array_sort(collect_list(struct(tag_rank, tag))),
                ranked -> ranked.tag
            ),
            '|'
        ) as tags

    from tags_ranked
    where tag_rank <= {{ var('tag_count') }}
    group by movie_id

),

-- A full join, so that a movie without a description keeps its ratings.
movies_joined as (

    select
        movie_id,

        coalesce(source_ids.source_id, cast(movie_id as string))
            as source_id,
        coalesce(
            movies_described.title,
            concat('movie ', source_ids.source_id),
            concat('movie ', movie_id)
        ) as title,
        movies_described.genres,
        movie_tags.tags,
        movie_links.imdb_id,

        movie_links.tmdb_id,
        movies_described.release_year,
        coalesce(movies_rated.rating_count, 0) as rating_count,
        movies_rated.mean_rating,

        movies_described.movie_id is not null as is_described

    from movies_described
    full outer join movies_rated using (movie_id)
    left join source_ids
        on
            coalesce(movies_described.movie_id, movies_rated.movie_id)
            = source_ids.id
    left join movie_links using (movie_id)
    left join movie_tags using (movie_id)

)

select * from movies_joined
