{#- The format of a new table: that of the config, else Iceberg if its catalog holds only Iceberg
    tables, else the default. -#}
{% macro session_file_format(default=none) %}
    {%- set file_format = config.get('file_format', validator=validation.any[basestring]) -%}
    {%- if not file_format and adapter.is_iceberg_catalog(this) -%}
        {%- set file_format = 'iceberg' -%}
    {%- endif -%}
    {{ return(file_format or default) }}
{% endmacro %}


{#- Whether `create or replace` can replace the existing relation. A relation is dropped only if it
    is known to be a view or to have another format; a table of unknown format is not dropped. -#}
{% macro session_replaces(existing, file_format) %}
    {%- if existing is none -%}
        {{ return(true) }}
    {%- elif existing.is_view or file_format not in ['delta', 'iceberg'] -%}
        {{ return(false) }}
    {%- elif existing.is_delta or existing.is_iceberg or existing.is_hudi -%}
        {{ return((existing.is_delta and file_format == 'delta') or (existing.is_iceberg and file_format == 'iceberg')) }}
    {%- else -%}
        {{ return('Provider: ' not in (existing.information or '')) }}
    {%- endif -%}
{% endmacro %}


{% macro session_drop_unless_replaceable(existing, file_format) %}
    {%- if not session_replaces(existing, file_format) -%}
        {% do adapter.drop_relation(existing) %}
    {%- endif -%}
{% endmacro %}


{#- The relation with its format for dbt's cache; without it, later models would treat the table as
    one without a format. -#}
{% macro session_relation(file_format) %}
    {{ return(this.incorporate(
        type='table', is_iceberg=(file_format == 'iceberg'), is_delta=(file_format == 'delta')
    )) }}
{% endmacro %}


{#- A temp view of the session that belongs to the current node. -#}
{% macro session_temp_view(relation) %}
    {{ return(relation.incorporate(
        type='view', path={'identifier': relation.identifier ~ '__dbt_tmp'}
    ).include(database=false, schema=false)) }}
{% endmacro %}


{% macro session_create_table(relation, select) -%}
    {%- set file_format = session_file_format() -%}
    create {{ 'or replace ' if file_format in ['delta', 'iceberg'] }}table {{ relation }}
    {{ file_format_clause() }}
    {{ options_clause() }}
    {{ tblproperties_clause() }}
    {{ partition_cols(label="partitioned by") }}
    {{ clustered_cols(label="clustered by") }}
    {{ location_clause() }}
    {{ comment_clause() }}
    as
    {{ select }}
{%- endmacro %}


{% macro spark_session__create_table_as(temporary, relation, compiled_code, language='sql') -%}
    {%- if not adapter.is_session() -%}
        {{ spark__create_table_as(temporary, relation, compiled_code, language) }}
    {%- elif language == 'python' -%}
        {{ return(session_python(temporary, relation, compiled_code)) }}
    {%- elif temporary -%}
        {%- if config.get('contract').enforced and session_constraints() -%}
            {%- set compiled_code = session_checked(compiled_code, get_columns_in_query(compiled_code)) -%}
        {%- endif -%}
        {{ create_temporary_view(relation, compiled_code) }}
    {%- else -%}
        {%- if config.get('contract').enforced -%}
            {{ get_assert_columns_equivalent(compiled_code) }}
            {%- set compiled_code = get_select_subquery(compiled_code) -%}
        {%- endif -%}
        {{ session_create_table(relation, compiled_code) }}
    {%- endif -%}
{%- endmacro %}


{#- The source of the model comes first, so that tracebacks have the line numbers of its file. -#}
{% macro session_python(temporary, relation, compiled_code) -%}
{%- set placeholder = '__dbt_session_frame__' -%}
{%- set write = {
    'view': relation.identifier if temporary else none,
    'statement': none if temporary else session_create_table(relation, 'select * from ' ~ placeholder),
    'placeholder': placeholder,
    'file_format': session_file_format(),
} %}
{{ compiled_code }}

# How dbt-spark-session writes the frame that model() returns.
_dbt_spark_session_write = {{ write | tojson | tojson }}
{% endmacro %}


{% macro spark_session__file_format_clause() %}
    {%- if not adapter.is_session() -%}
        {{ spark__file_format_clause() }}
    {%- else -%}
        {%- set file_format = session_file_format() -%}
        {%- if file_format %}using {{ file_format }}{% endif -%}
    {%- endif -%}
{% endmacro %}


{% macro spark_session__comment_clause() %}
    {%- if not adapter.is_session() -%}
        {{ spark__comment_clause() }}
    {%- elif config.persist_relation_docs() and model.description -%}
        comment {{ adapter.string_literal(model.description) }}
    {%- endif -%}
{% endmacro %}


{% macro spark_session__get_binding_char() %}
    {{ return('?' if adapter.is_session() else spark__get_binding_char()) }}
{% endmacro %}
