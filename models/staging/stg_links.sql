with

raw_links as (

    select * from {{ ref('raw_links') }}
    where malformed_line is null

),

stg_value_formats as (

    select * from {{ ref('stg_value_formats') }}

),

links_cast as (

    select
        {{ id_of('movie_id', 'has_text_movie_ids') }} as movie_id,

        nullif(regexp_extract(imdb_id, '^(?:tt)?(\\d+)$', 1), '') as imdb_id,

        try_cast({{ whole_number('tmdb_id') }} as bigint) as tmdb_id

    from raw_links
    cross join stg_value_formats

),

-- IMDb writes at least seven digits.
links_written as (

    select
        movie_id,

        concat(
            'tt', repeat('0', 7 - length(imdb_id)), imdb_id
        ) as imdb_id,

        tmdb_id

    from links_cast

)

select * from links_written
