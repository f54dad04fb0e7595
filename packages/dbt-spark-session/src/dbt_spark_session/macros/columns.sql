{#- Drops columns of Iceberg tables too, which dbt-spark refuses to do. -#}
{% macro spark_session__alter_relation_add_remove_columns(relation, add_columns, remove_columns) %}
    {%- if not adapter.is_session() or not relation.is_iceberg -%}
        {{ return(spark__alter_relation_add_remove_columns(relation, add_columns, remove_columns)) }}
    {%- endif -%}
    {%- set added = [] -%}
    {%- for column in add_columns or [] -%}
        {%- do added.append(column.quoted ~ ' ' ~ column.data_type) -%}
    {%- endfor -%}
    {%- if added -%}
        {% do run_query('alter table ' ~ relation ~ ' add columns (' ~ (added | join(', ')) ~ ')') %}
    {%- endif -%}
    {%- if remove_columns -%}
        {% do run_query('alter table ' ~ relation ~ ' drop columns (' ~ (remove_columns | map(attribute='quoted') | join(', ')) ~ ')') %}
    {%- endif -%}
{% endmacro %}


{#- dbt-spark writes the name without quotes. -#}
{% macro spark_session__alter_column_type(relation, column_name, new_column_type) %}
    {% do run_query('alter table ' ~ relation ~ ' alter column ' ~ adapter.quote(column_name) ~ ' type ' ~ new_column_type) %}
{% endmacro %}


{#- dbt-spark's macro for dbt's own macros returns the rows of `describe`, not columns. -#}
{% macro spark_session__get_columns_in_relation(relation) %}
    {{ return(
        adapter.get_columns_in_relation(relation) if adapter.is_session() else spark__get_columns_in_relation(relation)
    ) }}
{% endmacro %}


{#- dbt runs the query without rows, for which Spark plans it in full; here Spark only analyses it. -#}
{% macro spark_session__get_columns_in_query(select_sql) %}
    {%- if not adapter.is_session() -%}
        {{ return(default__get_columns_in_query(select_sql)) }}
    {%- endif -%}
    {{ return(adapter.columns_of_query(get_empty_subquery_sql(select_sql)) | map(attribute='name') | list) }}
{% endmacro %}


{#- dbt compares names in their case, so it would add a column that the table has, and drop it. -#}
{% macro diff_columns(source_columns, target_columns) %}
    {%- set known = target_columns | map(attribute='name') | map('lower') | list -%}
    {%- set missing = [] -%}
    {%- for column in source_columns if column.name | lower not in known -%}
        {%- do missing.append(column) -%}
    {%- endfor -%}
    {{ return(missing) }}
{% endmacro %}


{% macro spark_session__diff_column_data_types(source_columns, target_columns) %}
    {%- set types = {} -%}
    {%- for column in source_columns -%}
        {%- do types.update({column.name | lower: column.data_type}) -%}
    {%- endfor -%}
    {%- set changed = [] -%}
    {%- for column in target_columns -%}
        {%- set new_type = types.get(column.name | lower, column.data_type) -%}
        {%- if new_type != column.data_type -%}
            {%- do changed.append({'column_name': column.name, 'new_type': new_type}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(changed) }}
{% endmacro %}


{#- The columns that an increment writes. With append_new_columns, a column that the model no longer
    has stays in the table, and new rows have NULL in it. -#}
{% macro session_written_columns(source, target) %}
    {%- set columns = adapter.get_columns_in_relation(target) -%}
    {%- if not adapter.is_session() or config.get('on_schema_change') != 'append_new_columns' -%}
        {{ return(columns) }}
    {%- endif -%}
    {%- set gone = diff_columns(columns, adapter.get_columns_in_relation(source)) -%}
    {{ return(columns | reject('in', gone) | list) }}
{% endmacro %}


{% macro session_select_increment(source, target) %}
    {%- set written = session_written_columns(source, target) -%}
    {%- set values = [] -%}
    {%- for column in adapter.get_columns_in_relation(target) -%}
        {%- do values.append(column.quoted if column in written else 'null') -%}
    {%- endfor -%}
    select {{ values | join(', ') }} from {{ source }}
{% endmacro %}


{#- dbt-spark's two macros fail if the model no longer has a column. -#}
{% macro get_insert_into_sql(source_relation, target_relation) %}
    insert into table {{ target_relation }}
    {{ session_select_increment(source_relation, target_relation) }}
{% endmacro %}


{% macro get_insert_overwrite_sql(source_relation, target_relation, existing_relation) %}
    insert overwrite table {{ target_relation }}
    {% if not existing_relation.is_iceberg -%} {{ partition_cols(label='partition') }} {%- endif %}
    {{ session_select_increment(source_relation, target_relation) }}
{% endmacro %}


{#- dbt-spark writes names without quotes, and fails if the model no longer has a column. -#}
{% macro spark_session__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) %}
    {%- if not adapter.is_session() -%}
        {{ return(spark__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates)) }}
    {%- endif -%}
    {%- set columns = session_written_columns(source, target) -%}
    {%- set names = columns | map(attribute='name') | list -%}
    {%- set conditions = [] + (incremental_predicates or []) -%}
    {%- for key in ([unique_key] if unique_key is string and unique_key else unique_key or []) -%}
        {%- set key = session_quoted(key, names) -%}
        {%- do conditions.append(equals('DBT_INTERNAL_SOURCE.' ~ key, 'DBT_INTERNAL_DEST.' ~ key)) -%}
    {%- endfor -%}
    {%- if not unique_key -%}
        {%- do conditions.append('false') -%}
    {%- endif -%}
    {%- set assignments = [] -%}
    {%- for name in session_updated_columns(columns) -%}
        {%- do assignments.append(name ~ ' = DBT_INTERNAL_SOURCE.' ~ name) -%}
    {%- endfor -%}
    {%- set quoted = columns | map(attribute='quoted') | list -%}

    merge into {{ target }} as DBT_INTERNAL_DEST
    using {{ source }} as DBT_INTERNAL_SOURCE
    on ({{ conditions | join(') and (') }})
    {% if assignments -%} when matched then update set {{ assignments | join(', ') }} {%- endif %}
    when not matched then insert ({{ quoted | join(', ') }})
    values (DBT_INTERNAL_SOURCE.{{ quoted | join(', DBT_INTERNAL_SOURCE.') }})
{% endmacro %}


{#- The columns that a merge updates, in backticks. dbt-spark's macro raises an error if the config
    names both kinds of columns. -#}
{% macro session_updated_columns(columns) %}
    {%- set named = config.get('merge_update_columns') -%}
    {%- set excluded = config.get('merge_exclude_columns') -%}
    {%- if named and excluded -%}
        {% do get_merge_update_columns(named, excluded, columns) %}
    {%- endif -%}
    {%- set quoted = columns | map(attribute='quoted') | list -%}
    {%- set listed = [] -%}
    {%- for name in named or excluded or [] -%}
        {%- do listed.append(session_quoted(name, columns | map(attribute='name')) | lower) -%}
        {%- if named and listed[-1] not in quoted | map('lower') -%}
            {%- do exceptions.raise_compiler_error(
                "merge_update_columns names '" ~ name ~ "', which the table does not have"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set updated = [] -%}
    {%- for name in quoted -%}
        {%- if (name | lower in listed) == (not excluded) or not listed -%}
            {%- do updated.append(name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(updated) }}
{% endmacro %}
