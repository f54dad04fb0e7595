{#- Publishes the tables of the build catalog as a release, if every node succeeded. For
    dbt_project.yml: on-run-end: "{{ publish_release(results) }}"

    A build of selected nodes, or another command than dbt build, publishes only with
    always=true. Nothing is published if the profile has no dbt.session.publish. -#}
{% macro publish_release(results, always=false) %}
    {%- if execute and adapter.has_releases() and (always or is_whole_build()) -%}
        {%- set bad = [] -%}
        {%- for result in results -%}
            {%- if result.status | string not in ('success', 'pass', 'warn', 'no-op') -%}
                {%- do bad.append(result.node.name ~ ' (' ~ result.status ~ ')') -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if bad -%}
            {%- do log(
                'no release: ' ~ bad | length ~ ' nodes did not succeed, such as ' ~ bad[0]
                ~ '. Readers keep the release before.', info=true) -%}
        {%- else -%}
            {%- do log('published release ' ~ adapter.publish(invocation_id), info=true) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{% macro is_whole_build() %}
    {%- set options = invocation_args_dict -%}
    {%- do return(
        flags.WHICH == 'build'
        and not options.get('select') and not options.get('exclude')
        and not options.get('selector')) -%}
{% endmacro %}

{#- Shows an earlier release to readers again:
    dbt run-operation roll_back --args '{release: 11}' -#}
{% macro roll_back(release) %}
    {%- do log(
        'release ' ~ release ~ ' is current again, as '
        ~ adapter.roll_back(release, invocation_id), info=true) -%}
{% endmacro %}
