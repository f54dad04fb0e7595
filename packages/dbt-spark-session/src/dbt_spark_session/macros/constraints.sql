{#- Checks the not_null and check constraints of a contracted model while it is written: every row
    passes, or the statement fails and the table stays as it was. `columns` are the columns of the
    query; constraints of other columns are left out. Each value is checked in its own column, and
    each row in the first column, since Spark may move a filter below a join. -#}
{% macro session_checked(query, columns) %}
    {%- set names = columns | map('lower') | list -%}
    {%- set filled = [] -%}
    {%- set failures = [] -%}
    {%- for constraint in session_constraints() -%}
        {%- if constraint.type == 'not_null' -%}
            {%- do filled.extend(constraint.columns | map('lower')) -%}
        {%- elif constraint.type == 'check' -%}
            {%- set name = constraint.name ~ ' ' if constraint.name else '' -%}
            {%- set message = model.name ~ ': a row breaks the check constraint ' ~ name ~ '(' ~ constraint.expression ~ ')' -%}
            {%- do failures.append('when not (' ~ constraint.expression ~ ') then raise_error(' ~ adapter.string_literal(message) ~ ')') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set values = [] -%}
    {%- for name in columns -%}
        {%- set value = adapter.quote(name) -%}
        {%- if name | lower in filled -%}
            {%- set message = model.name ~ ', column ' ~ name ~ ': NULL breaks its not_null constraint' -%}
            {%- set value = 'coalesce(' ~ value ~ ', raise_error(' ~ adapter.string_literal(message) ~ '))' -%}
        {%- endif -%}
        {%- if loop.first and failures -%}
            {%- set value = 'case ' ~ (failures | join(' ')) ~ ' else ' ~ value ~ ' end' -%}
        {%- endif -%}
        {%- do values.append(value ~ ' as ' ~ adapter.quote(name)) -%}
    {%- endfor -%}
    select {{ values | join(', ') }}
    from (
        {{ query }}
    ) as model_subq
{% endmacro %}


{#- The constraints of the model and of its columns, as constraints of the model. -#}
{% macro session_constraints() %}
    {%- set constraints = [] + (model.constraints or []) -%}
    {%- for column in model.columns.values() -%}
        {%- for constraint in column.constraints or [] -%}
            {%- do constraints.append(dict(constraint, columns=[column.name])) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(constraints) }}
{% endmacro %}


{#- dbt renders the columns of a contract without quotes. -#}
{% macro spark_session__get_select_subquery(sql) %}
    {{ return(session_checked(sql, model.columns.values() | map(attribute='name') | list)) }}
{% endmacro %}


{#- dbt-spark alters a table without a format as if it was Delta's, which fails after the table is
    made. The other constraints get dbt's warning that they are not enforced. -#}
{% macro spark_session__persist_constraints(relation, model) %}
    {%- if not adapter.is_session() or session_file_format() == 'delta' -%}
        {{ return(spark__persist_constraints(relation, model)) }}
    {%- elif config.get('contract').enforced -%}
        {% do adapter.render_raw_columns_constraints(raw_columns=model.columns) %}
        {% do adapter.render_raw_model_constraints(raw_constraints=model.constraints) %}
    {%- endif -%}
{% endmacro %}
