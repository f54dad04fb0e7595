{#- A temp view instead of a temporary table, which Spark does not have. -#}
{% macro build_snapshot_staging_table(strategy, sql, target_relation) %}
    {%- set staging = session_temp_view(target_relation) -%}
    {% call statement('build_snapshot_staging_relation') -%}
        {{ create_temporary_view(staging, snapshot_staging_table(strategy, sql, target_relation)) }}
    {%- endcall %}
    {{ return(staging) }}
{% endmacro %}


{% macro spark_session__post_snapshot(staging_relation) %}
    {{ return('' if adapter.is_session() else spark__post_snapshot(staging_relation)) }}
{% endmacro %}


{#- dbt-spark inserts every column of the source, also the helper columns. -#}
{% macro spark_session__snapshot_merge_sql(target, source, insert_cols) %}
    {{ default__snapshot_merge_sql(target, source, insert_cols) if adapter.is_session()
       else spark__snapshot_merge_sql(target, source, insert_cols) }}
{% endmacro %}


{% macro spark_session__create_columns(relation, columns) %}
    {%- if not adapter.is_session() -%}
        {{ return(spark__create_columns(relation, columns)) }}
    {%- elif columns -%}
        {% do alter_relation_add_remove_columns(relation, columns, none) %}
    {%- endif -%}
{% endmacro %}


{#- dbt compares names in their case. A deletion's record would have NULL in a column whose case
    differs, so the query gets the names that the table has. -#}
{% macro spark_session__snapshot_staging_table(strategy, source_sql, target_relation) %}
    {%- if not adapter.is_session() -%}
        {{ return(default__snapshot_staging_table(strategy, source_sql, target_relation)) }}
    {%- endif -%}
    {%- set stored = {} -%}
    {%- for column in adapter.get_columns_in_relation(target_relation) -%}
        {%- do stored.update({column.name | lower: column.name}) -%}
    {%- endfor -%}
    {%- set names = get_columns_in_query(source_sql) -%}
    {%- set selected = [] -%}
    {%- for name in names -%}
        {%- do selected.append(adapter.quote(name) ~ ' as ' ~ adapter.quote(stored.get(name | lower, name))) -%}
    {%- endfor -%}
    {%- set source_sql = 'select ' ~ (selected | join(', ')) ~ ' from (\n' ~ source_sql ~ '\n)' -%}
    {{ default__snapshot_staging_table(strategy, source_sql, target_relation) }}
{% endmacro %}


{#- dbt's two strategies render names without quotes, and compare them in their case. -#}
{% macro snapshot_timestamp_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
    {%- set updated_at = session_quoted_in(config.get('updated_at'), node['compiled_code']) -%}
    {%- set columns = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() -%}
    {{ return(session_snapshot_strategy(
        node, updated_at, '(' ~ snapshotted_rel ~ '.' ~ columns.dbt_valid_from ~ ' < ' ~ current_rel ~ '.' ~ updated_at ~ ')'
    )) }}
{% endmacro %}


{% macro snapshot_check_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
    {%- set updated_at = config.get('updated_at') -%}
    {%- set updated_at = session_quoted_in(updated_at, node['compiled_code']) if updated_at else snapshot_get_time() -%}
    {%- set changed = [] -%}
    {%- set known = adapter.get_columns_in_relation(this) if target_exists else [] -%}
    {%- for name in (session_checked_columns(node, config.get('check_cols')) if target_exists else []) -%}
        {%- set stored = session_column(name, known) -%}
        {%- if not stored -%}
            {#- The column is new, so every row has changed. -#}
            {%- do changed.append('true') -%}
        {%- else -%}
            {%- set pair = [snapshotted_rel ~ '.' ~ stored.quoted, current_rel ~ '.' ~ stored.quoted] -%}
            {#- Spark compares no maps. -#}
            {%- set pair = ['to_json(' ~ pair[0] ~ ')', 'to_json(' ~ pair[1] ~ ')'] if 'map<' in stored.data_type else pair -%}
            {%- do changed.append('not (' ~ (pair | join(' <=> ')) ~ ')') -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(session_snapshot_strategy(node, updated_at, '(' ~ (changed | join(' or ') or 'false') ~ ')')) }}
{% endmacro %}


{% macro session_checked_columns(node, check_cols) %}
    {%- set names = get_columns_in_query(node['compiled_code']) -%}
    {%- if check_cols == 'all' -%}
        {{ return(names) }}
    {%- elif check_cols is string or not check_cols -%}
        {% do exceptions.raise_compiler_error("Invalid value for 'check_cols': " ~ check_cols) %}
    {%- endif -%}
    {%- set selected = [] -%}
    {%- for name in check_cols -%}
        {%- do selected.append(session_quoted(name, names)) -%}
    {%- endfor -%}
    {{ return(get_columns_in_query('select ' ~ (selected | join(', ')) ~ ' from (\n' ~ node['compiled_code'] ~ '\n)')) }}
{% endmacro %}


{% macro session_snapshot_strategy(node, updated_at, row_changed) %}
    {%- set unique_key = config.get('unique_key') -%}
    {%- set keys = [] -%}
    {%- for key in ([unique_key] if unique_key is string else unique_key) -%}
        {%- do keys.append(session_quoted_in(key, node['compiled_code'])) -%}
    {%- endfor -%}
    {%- set hard_deletes = adapter.get_hard_deletes_behavior(config) -%}
    {{ return({
        'unique_key': keys[0] if unique_key is string else keys,
        'updated_at': updated_at,
        'row_changed': row_changed,
        'scd_id': snapshot_hash_arguments(keys + [updated_at]),
        'invalidate_hard_deletes': hard_deletes == 'invalidate',
        'hard_deletes': hard_deletes,
    }) }}
{% endmacro %}


{#- A snapshot has no database here, and dbt would pass an undefined one. -#}
{% macro spark_session__get_or_create_relation(database, schema, identifier, type) %}
    {{ return(default__get_or_create_relation(none, schema, identifier, type)) }}
{% endmacro %}
