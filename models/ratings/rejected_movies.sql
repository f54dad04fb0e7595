with

movies_validated as (

    {{ validated_descriptions('movie') | indent(4) }}

),

movies_rejected as (

    select
        rule,
        raw_movie_id,
        title,
        genres,
        malformed_line,
        file

    from movies_validated
    where rule is not null

)

select * from movies_rejected
