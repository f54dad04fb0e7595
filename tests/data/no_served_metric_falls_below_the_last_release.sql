-- Fails if the algorithm that ranks has a lower NDCG at 10 than in the last
-- release, or the algorithm that predicts a higher RMSE, under a protocol that
-- both releases evaluate. The difference must exceed release_metric_drop times
-- the last value. It must also exceed the root of the sum of the squared
-- half-widths of both confidence intervals; a release without an interval,
-- such as that of a single user, has a half-width of 0. The metrics are
-- compared with themselves before the first release, or if older code without
-- one of the columns has built the last release.

{%- set metrics = {'ranking': 'ndcg_at_10', 'rating': 'rmse'} %}
{%- set columns = ['protocol', 'algorithm'] %}
{%- for metric in metrics.values() %}
{%- for suffix in ['', '_ci_lower', '_ci_upper'] %}
{%- do columns.append(metric ~ suffix) %}
{%- endfor %}
{%- endfor %}
{%- set worse = {
    'ranking': 'last_metrics.value - new_metrics.value',
    'rating': 'new_metrics.value - last_metrics.value',
} %}

with

model_comparison as (

    select * from {{ ref('model_comparison') }}

),

served_algorithms as (

    select * from {{ ref('served_algorithms') }}

),

last_model_comparison as (

    select * from {{ in_last_release(ref('model_comparison'), columns) }}

),

last_served_algorithms as (

    select *
    from {{ in_last_release(ref('served_algorithms'), ['use', 'algorithm']) }}

),

{%- for release in ['new', 'last'] %}
{%- set prefix = '' if release == 'new' else 'last_' %}
{%- set compared = prefix ~ 'model_comparison' %}
{%- set served = prefix ~ 'served_algorithms' %}

{{ release }}_metrics as (

    {%- for use, metric in metrics.items() %}

    select
        {{ served }}.use,
        {{ compared }}.protocol,

        {{ compared }}.algorithm,
        {{ compared }}.{{ metric }} as value,
        coalesce(
            {{ compared }}.{{ metric }}_ci_upper
            - {{ compared }}.{{ metric }}_ci_lower,
            0
        )
        / 2 as half_width

    from {{ compared }}
    inner join {{ served }} using (algorithm)
    where {{ served }}.use = '{{ use }}'
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),
{%- endfor %}

metrics_compared as (

    select
        use,
        protocol,

        new_metrics.algorithm,
        new_metrics.value,
        last_metrics.algorithm as last_algorithm,
        last_metrics.value as last_value,
        case use
            {%- for use in metrics %}
            when '{{ use }}' then {{ worse[use] }}
            {%- endfor %}
        end as loss,
        sqrt(
            new_metrics.half_width * new_metrics.half_width
            + last_metrics.half_width * last_metrics.half_width
        ) as margin

    from new_metrics
    inner join last_metrics using (use, protocol)

),

metrics_fallen as (

    select * from metrics_compared
    where
        loss > margin
        and loss > last_value * {{ var('release_metric_drop') }}

)

select * from metrics_fallen
