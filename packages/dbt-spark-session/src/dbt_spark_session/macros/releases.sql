{#- Publishes the tables of the build catalog as a release, if every node succeeded. For
    dbt_project.yml: on-run-end: "{{ publish_release(results) }}"

    Only a dbt build publishes that runs all models, seeds, snapshots and data tests of the project,
    or the dbt retry that finishes such a build. With always=true, other commands publish the tables
    that they have built. Nothing is published if the profile has no dbt.session.publish, or if
    --empty or --sample has left rows out. -#}
{% macro publish_release(results, always=false) %}
    {%- set options = invocation_args_dict -%}
    {%- if execute and adapter.has_releases() and not options.get('empty') and not options.get('sample') -%}
        {%- set is_build = flags.WHICH == 'build' and not options.get('select')
            and not options.get('exclude') and not options.get('selector') -%}
        {%- set failed = [] -%}
        {%- set succeeded = [] -%}
        {%- for result in results -%}
            {%- if result.status | string in ('success', 'pass', 'warn', 'no-op') -%}
                {%- do succeeded.append(result.node) -%}
            {%- else -%}
                {%- do failed.append(result.node.name ~ ' (' ~ result.status ~ ')') -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if failed and (is_build or always) -%}
            {%- do adapter.remember_successes(invocation_id, succeeded) -%}
            {%- do log(
                'no release: ' ~ failed | length ~ ' of ' ~ results | length
                ~ ' nodes did not succeed, such as ' ~ failed[0]
                ~ '. Readers stay on the previous release.', info=true) -%}
        {%- elif is_build or always -%}
            {%- set missing = adapter.nodes_not_run(graph.nodes, results) if is_build else [] -%}
            {%- set is_whole = is_build and not missing -%}
            {%- if is_whole or always -%}
                {%- set release = adapter.publish(
                    invocation_id, none if is_whole else succeeded, run_started_at, graph.nodes
                ) -%}
                {%- if release.is_new -%}
                    {%- do log('published release ' ~ release.name, info=true) -%}
                {%- else -%}
                    {%- do log(
                        'no release: this command has changed no table of release ' ~ release.name,
                        info=true) -%}
                {%- endif -%}
            {%- else -%}
                {%- do log(
                    'no release: ' ~ missing | length ~ ' nodes of the project were not run, such as '
                    ~ missing[0] ~ '. Readers stay on the previous release until a dbt build runs all'
                    ~ ' nodes.', info=true) -%}
            {%- endif -%}
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
