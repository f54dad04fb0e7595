with

raw_tags as (

    select * from {{ ref('raw_tags') }}
    where malformed_line is null

),

stg_value_formats as (

    select * from {{ ref('stg_value_formats') }}

),

tags_cast as (

    select
        {{ id_of('movie_id', 'has_text_movie_ids') }} as movie_id,

        lower(trim({{ missing_as_null('tag') }})) as tag

    from raw_tags
    cross join stg_value_formats

)

select * from tags_cast
