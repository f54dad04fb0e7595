{% materialization table, adapter='spark_session', supported_languages=['sql', 'python'] %}
    {%- if not adapter.is_session() -%}
        {{ return(materialization_table_spark()) }}
    {%- endif -%}

    {%- set file_format = session_file_format() -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = session_relation(file_format) -%}

    {{ run_hooks(pre_hooks) }}

    {% do session_drop_unless_replaceable(existing_relation, file_format) %}

    {% call statement('main', language=model['language']) -%}
        {{ create_table_as(false, target_relation, compiled_code, model['language']) }}
    {%- endcall %}

    {% do apply_grants(target_relation, config.get('grants'), should_revoke(existing_relation, full_refresh_mode=true)) %}
    {% do persist_docs(target_relation, model) %}
    {% do persist_constraints(target_relation, model) %}

    {{ run_hooks(post_hooks) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
