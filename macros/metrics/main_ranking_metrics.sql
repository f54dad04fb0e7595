{#-
    Select ndcg_at_10 and recall_at_20, by which algorithms are compared, of each
    list in user_ranking_metrics. Both are null for a user without a relevant
    movie.
-#}
{% macro main_ranking_metrics() -%}
{%- for metric, k in [('ndcg', 10), ('recall', 20)] %}
select
    algorithm,
    protocol,
    fold,
    user_id,
    '{{ metric }}_at_{{ k }}' as metric,

    {{ metric }} as value

from {{ ref('user_ranking_metrics') }}
where k = {{ k }}
{%- if not loop.last %}

union all
{% endif %}
{%- endfor %}
{%- endmacro %}
