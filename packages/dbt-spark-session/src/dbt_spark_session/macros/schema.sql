{#- dbt-spark writes the name of the schema without backticks. -#}
{% macro spark_session__list_relations_without_caching(schema_relation) %}
    {% call statement('list_relations_without_caching', fetch_result=true) -%}
        show table extended in {{ schema_relation.without_identifier() }} like '*'
    {%- endcall %}
    {{ return(load_result('list_relations_without_caching').table) }}
{% endmacro %}


{#- Drops all relations first: Iceberg's catalogs do not cascade, and refuse to drop a schema that
    is not empty. -#}
{% macro spark_session__drop_schema(relation) %}
    {%- if adapter.is_iceberg_catalog(relation) -%}
        {%- for found in adapter.relations_of(relation) -%}
            {% do adapter.drop_relation(found) %}
        {%- endfor -%}
    {%- endif -%}
    {% call statement('drop_schema') -%}
        drop schema if exists {{ relation }} cascade
    {%- endcall %}
{% endmacro %}
