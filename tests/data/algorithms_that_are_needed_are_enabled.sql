-- Fails if an algorithm that the table recommendations needs is not enabled:
-- those that the vars ranking_algorithm, rating_algorithm and
-- similarity_algorithm name, and popularity and damped_bias, the fallbacks for
-- users and movies that a fit does not know. Also fails if such a var names an
-- algorithm that does not suit it.

{%- set uses = {
    'ranking': "family not in ('random', 'mean', 'bias')",
    'rating': "coalesce(feedback, '') = 'explicit'",
    'similarity': "factors is not null"
} %}

with

algorithms as (

    select * from {{ ref('algorithms') }}
    where enabled

),

algorithms_needed as (

    select 'damped_bias' as algorithm
    union all
    select 'popularity' as algorithm
    {%- for use in uses if var(use ~ '_algorithm') != 'auto' %}
    union all
    select '{{ var(use ~ "_algorithm") }}' as algorithm
    {%- endfor %}

),

algorithms_missing as (

    select algorithms_needed.*
    from algorithms_needed
    left anti join algorithms using (algorithm)

),

algorithms_unsuited as (

    {%- for use, condition in uses.items() %}

    select algorithm
    from algorithms
    where
        algorithm = '{{ var(use ~ "_algorithm") }}'
        and not ({{ condition }})
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

faults_combined as (

    select * from algorithms_missing
    union all
    select * from algorithms_unsuited

)

select * from faults_combined
