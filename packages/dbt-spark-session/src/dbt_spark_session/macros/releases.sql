{#- Publishes the tables of the build catalog as a release, if every node succeeded. For
    dbt_project.yml: on-run-end: "{{ publish_release(results) }}"

    Only a dbt build of the whole project with its tests publishes. With always=true, other commands
    publish the tables that they have built. Nothing is published if the profile has no
    dbt.session.publish, or if --empty or --sample has left rows out. -#}
{% macro publish_release(results, always=false) %}
    {%- if execute and adapter.has_releases() -%}
        {%- set options = invocation_args_dict -%}
        {%- set has_all_rows = not options.get('empty') and not options.get('sample') -%}
        {%- set is_whole = flags.WHICH == 'build'
            and not options.get('select') and not options.get('exclude')
            and not options.get('selector') and not options.get('resource_types')
            and 'test' not in options.get('exclude_resource_types', ()) -%}
        {%- set failed = [] -%}
        {%- for result in results -%}
            {%- if result.status | string not in ('success', 'pass', 'warn', 'no-op') -%}
                {%- do failed.append(result.node.name ~ ' (' ~ result.status ~ ')') -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if has_all_rows and (is_whole or always) and failed -%}
            {%- do log(
                'no release: ' ~ failed | length ~ ' of ' ~ results | length
                ~ ' nodes did not succeed, such as ' ~ failed[0]
                ~ '. Readers stay on the previous release.', info=true) -%}
        {%- elif has_all_rows and (is_whole or always) -%}
            {%- set nodes = none if is_whole else results | map(attribute='node') | list -%}
            {%- do log(
                'published release ' ~ adapter.publish(invocation_id, nodes, run_started_at),
                info=true) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{#- Returns the name of a table or view in the newest release, for data tests that compare a build
    with it: select * from {{ in_last_release(ref('orders')) }}

    Returns the relation itself if no release has it, or if the last release, which older code may
    have built, lacks one of the columns. -#}
{% macro in_last_release(relation, columns=()) %}
    {%- do return(adapter.name_in_release(relation, columns) or relation) -%}
{% endmacro %}

{#- Shows an earlier release to readers again:
    dbt run-operation roll_back --args '{release: 11}' -#}
{% macro roll_back(release) %}
    {%- do log(
        'release ' ~ release ~ ' is current again, as '
        ~ adapter.roll_back(release, invocation_id), info=true) -%}
{% endmacro %}
