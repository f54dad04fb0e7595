{%- set is_reranked = (var('rerank_candidates') | int) > 0 -%}
with

int_recommendations_ranked as (

    select * from {{ ref('int_recommendations_ranked') }}

),

{% if is_reranked -%}
int_recommendations_reranked as (

    select * from {{ ref('int_recommendations_reranked') }}

),

{% endif -%}
recommendations_evaluated as (

    select
        algorithm,
        protocol,
        fold,
        user_id,
        rank,
        movie_id,

        score

    from int_recommendations_ranked
    where protocol <> 'all'
    {%- if is_reranked %}

    union all

    select
        concat(algorithm, '_reranked') as algorithm,
        protocol,
        fold,
        user_id,
        rank,
        movie_id,

        score

    from int_recommendations_reranked
    where protocol <> 'all'
    {%- endif %}

)

select * from recommendations_evaluated
