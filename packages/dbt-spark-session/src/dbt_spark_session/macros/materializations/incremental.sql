{% materialization incremental, adapter='spark_session', supported_languages=['sql', 'python'] %}
    {%- if not adapter.is_session() -%}
        {{ return(materialization_incremental_spark()) }}
    {%- endif -%}

    {#- Refuse a format and a strategy that do not fit before anything runs. -#}
    {%- set file_format = dbt_spark_validate_get_file_format(session_file_format('parquet')) -%}
    {%- set strategy = dbt_spark_validate_get_incremental_strategy(
        config.get('incremental_strategy') or 'append', file_format
    ) -%}
    {%- if strategy == 'microbatch' -%}
        {% do session_check_microbatch(file_format) %}
    {%- endif -%}

    {%- set language = model['language'] -%}
    {%- set on_schema_change = incremental_validate_on_schema_change(
        config.get('on_schema_change'), default='ignore'
    ) -%}
    {%- set predicates = config.get('predicates', none) or config.get('incremental_predicates', none) -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = session_relation(file_format) -%}

    {{ run_hooks(pre_hooks) }}

    {%- if existing_relation is none or existing_relation.is_view or should_full_refresh() -%}
        {% do session_drop_unless_replaceable(existing_relation, file_format) %}
        {% call statement('main', language=language) -%}
            {{ create_table_as(false, target_relation, compiled_code, language) }}
        {%- endcall %}
        {% do persist_constraints(target_relation, model) %}
    {%- else -%}
        {%- if strategy == 'microbatch' or (strategy == 'insert_overwrite' and config.get('partition_by')) -%}
            {% do session_check_partitions(existing_relation) %}
        {%- endif -%}
        {%- set increment = session_temp_view(this) -%}
        {% call statement('create_increment', language=language) -%}
            {{ create_table_as(true, increment, compiled_code, language) }}
        {%- endcall %}
        {% do process_schema_changes(on_schema_change, increment, existing_relation) %}
        {%- if strategy in ['insert_overwrite', 'microbatch'] -%}
            {#- Without partitions in its config, a model replaces the whole table. -#}
            {%- set mode = 'spark.sql.sources.partitionOverwriteMode' -%}
            {%- set is_dynamic = strategy == 'microbatch' or config.get('partition_by') -%}
            {% do run_query('set ' ~ mode ~ ' = ' ~ ('DYNAMIC' if is_dynamic else 'STATIC')) %}
        {%- endif -%}
        {% call statement('main') -%}
            {%- if strategy == 'microbatch' -%}
                {{ get_insert_overwrite_sql(increment, target_relation, existing_relation) }}
            {%- else -%}
                {{ dbt_spark_get_incremental_sql(
                    strategy, increment, target_relation, existing_relation, config.get('unique_key', none), predicates
                ) }}
            {%- endif -%}
        {%- endcall %}
    {%- endif -%}

    {% do apply_grants(target_relation, config.get('grants'), should_revoke(existing_relation, should_full_refresh())) %}
    {% do persist_docs(target_relation, model) %}

    {{ run_hooks(post_hooks) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
