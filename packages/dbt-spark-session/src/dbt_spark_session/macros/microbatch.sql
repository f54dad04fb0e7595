{#- A batch replaces the partitions for which it has rows. Without `partition_by`, the table is
    partitioned by batch. -#}
{% macro session_batch_partition() %}
    {%- if config.get('incremental_strategy') == 'microbatch' and not config.get('partition_by') -%}
        {{ return(config.get('batch_size') ~ 's(' ~ config.get('event_time') ~ ')') }}
    {%- endif -%}
    {{ return(none) }}
{% endmacro %}


{% macro spark_session__partition_cols(label, required=false) %}
    {%- set partition = session_batch_partition() if session_file_format() == 'iceberg' else none -%}
    {%- if adapter.is_session() and partition -%}
        {{ label }} ({{ partition }})
    {%- elif adapter.is_session() and config.get('partition_by') -%}
        {#- dbt-spark writes names without quotes. -#}
        {%- set parts = config.get('partition_by', validator=validation.any[list, basestring]) -%}
        {%- set quoted = [] -%}
        {%- for part in ([parts] if parts is string else parts) -%}
            {%- set is_name = not modules.re.search('[`(,]', part) -%}
            {%- do quoted.append(adapter.quote(part) if is_name else part) -%}
        {%- endfor -%}
        {{ label }} ({{ quoted | join(', ') }})
    {%- else -%}
        {{ spark__partition_cols(label, required) }}
    {%- endif -%}
{% endmacro %}


{% macro session_check_microbatch(file_format) %}
    {%- if not config.get('partition_by') and file_format != 'iceberg' -%}
        {% do exceptions.raise_compiler_error(
            "The incremental strategy 'microbatch' replaces whole partitions: set partition_by to the event time "
            ~ 'at the grain of the batches.'
        ) %}
    {%- endif -%}
{% endmacro %}


{#- In a table with other partitions or without partitions, a batch would also replace rows of other
    batches. -#}
{% macro session_check_partitions(existing) %}
    {%- if not existing.is_iceberg -%}
        {{ return('') }}
    {%- endif -%}
    {%- set expected = session_batch_partition() -%}
    {%- set partitions = [] -%}
    {%- for row in run_query('describe table ' ~ existing) if row[0].startswith('Part ') -%}
        {%- do partitions.append(row[1] | lower) -%}
    {%- endfor -%}
    {%- if not partitions or (expected and expected | lower not in partitions) -%}
        {% do exceptions.raise_compiler_error(
            existing ~ ' is not partitioned by ' ~ (expected or 'the batches') ~ ', so a batch would replace rows '
            ~ 'of other batches. Rebuild it once with --full-refresh.'
        ) %}
    {%- endif -%}
{% endmacro %}
