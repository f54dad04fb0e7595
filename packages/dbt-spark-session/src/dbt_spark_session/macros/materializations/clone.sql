{#- A view on the original, as dbt documents for databases without clones: dbt-spark clones Delta
    tables, and fails for all others. -#}
{% materialization clone, adapter='spark_session' %}
    {%- if not adapter.is_session() or config.get('file_format') == 'delta' -%}
        {{ return(materialization_clone_spark()) }}
    {%- endif -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- if not defer_relation -%}
        {{ log('No relation found in state manifest for ' ~ model.unique_id, info=true) }}
        {{ return({'relations': []}) }}
    {%- elif existing and (not flags.FULL_REFRESH or existing.render() == defer_relation.render()) -%}
        {{ log('Relation ' ~ existing ~ ' already exists', info=true) }}
        {{ return({'relations': []}) }}
    {%- elif existing and existing.is_table -%}
        {% do adapter.drop_relation(existing) %}
    {%- endif -%}
    {%- set target_relation = this.incorporate(type='view') -%}
    {% call statement('main') -%}
        create or replace view {{ target_relation }} as select * from {{ defer_relation }}
    {%- endcall %}
    {% do apply_grants(target_relation, config.get('grants'), should_revoke(existing, full_refresh_mode=true)) %}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
