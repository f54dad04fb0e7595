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


{#- In a table with other partitions or without partitions, an increment would also replace rows that
    it does not contain. -#}
{% macro session_check_partitions(existing) %}
    {%- if not existing.is_iceberg -%}
        {{ return('') }}
    {%- endif -%}
    {%- set configured = session_batch_partition()
        or config.get('partition_by', validator=validation.any[list, basestring]) -%}
    {%- set expected = [] -%}
    {%- for part in ([configured] if configured is string else configured) -%}
        {%- do expected.extend(part.split(',') if '(' not in part else [part]) -%}
    {%- endfor -%}
    {%- set partitions = session_partitions(existing) -%}
    {%- for part in expected -%}
        {%- set name = session_partition_name(part) -%}
        {#- Transforms such as bucket(4, id) can be written in several ways. -#}
        {%- if not partitions or (',' not in name and name not in partitions) -%}
            {% do exceptions.raise_compiler_error(
                existing ~ ' is not partitioned by ' ~ part ~ ', so an increment would also replace rows '
                ~ 'that it does not contain. Rebuild it once with --full-refresh.'
            ) %}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}


{#- Returns what a table is partitioned by. Spark lists columns under one heading; if one partition is
    a transform, it lists all of them as Part 0, Part 1, … -#}
{% macro session_partitions(relation) %}
    {%- set partitions = [] -%}
    {%- set heading = namespace(text='') -%}
    {%- for row in run_query('describe table ' ~ relation) -%}
        {%- if not row[0] or row[0].startswith('# ') -%}
            {%- set heading.text = heading.text if row[0] == '# col_name' else row[0] -%}
        {%- elif heading.text == '# Partition Information' -%}
            {%- do partitions.append(session_partition_name(row[0])) -%}
        {%- elif heading.text == '# Partitioning' -%}
            {%- do partitions.append(session_partition_name(row[1])) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(partitions) }}
{% endmacro %}


{#- Returns a column or a transform in one form, in which Iceberg's day(x) and days(x) are the same. -#}
{% macro session_partition_name(part) %}
    {%- set name = part.replace('`', '').replace(' ', '').lower() -%}
    {%- set name = modules.re.sub('^date\\(', 'days(', modules.re.sub('^date_hour\\(', 'hours(', name)) -%}
    {{ return(modules.re.sub('^(year|month|day|hour)\\(', '\\1s(', name)) }}
{% endmacro %}
