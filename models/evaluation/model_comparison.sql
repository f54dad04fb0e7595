{% set ranking_columns = [
    ('ndcg', 10),
    ('recall', 20),
    ('precision', 10),
    ('hit_rate', 10),
    ('map', 10),
    ('mrr', 10),
    ('catalogue_coverage', 10),
    ('mean_popularity', 10),
    ('novelty', 10),
    ('diversity', 10),
] %}

with

algorithms as (

    select * from {{ ref('algorithms') }}
    where enabled

),

protocols as (

    select * from {{ ref('protocols') }}
    where protocol <> 'all'

),

rating_metrics as (

    select * from {{ ref('rating_metrics') }}

),

ranking_metrics as (

    select * from {{ ref('ranking_metrics') }}

),

rating_summaries as (

    select
        algorithm,
        protocol,

        avg(value) filter (where metric = 'rmse') as rmse,
        avg(value) filter (where metric = 'mae') as mae,
        avg(value) filter (where metric = 'r2') as r2,
        avg(value) filter (where metric = 'fallback_share') as fallback_share

    from rating_metrics
    group by algorithm, protocol

),

ranking_summaries as (

    select
        algorithm,
        protocol,

    {%- for metric, k in ranking_columns %}
    avg(value) filter (
        where metric = '{{ metric }}' and k = {{ k }}
    ) as {{ metric }}_at_{{ k }}{{ ',' if not loop.last }}
    {%- endfor %}

    from ranking_metrics
    group by algorithm, protocol

),

algorithms_compared as (

    select
        protocols.protocol,
        algorithms.algorithm,

        rating_summaries.rmse,
        rating_summaries.mae,
        rating_summaries.r2,
        rating_summaries.fallback_share,
    {%- for metric, k in ranking_columns %}
    ranking_summaries.{{ metric }}_at_{{ k }}{{ ',' if not loop.last }}
    {%- endfor %}

    from algorithms
    cross join protocols
    left join rating_summaries using (algorithm, protocol)
    left join ranking_summaries using (algorithm, protocol)

)

select * from algorithms_compared
