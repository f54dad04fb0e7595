{#-
    Stop if a model of Reelhouse refers to a model of another project. If both
    projects have a model of the same name, dbt prefers the other project,
    unless the flag that the error names is set. Only raw_interactions may refer
    to another project.
-#}
{% macro check_references() -%}
{%- for node in (graph.nodes.values() if execute else [])
    if node.package_name == 'reelhouse' and node.resource_type == 'model'
    and node.name != 'raw_interactions' -%}
{%- for other in node.depends_on.nodes
    if other.startswith('model.') and not other.startswith('model.reelhouse.')
-%}
{{ exceptions.raise_compiler_error(
    node.name ~ ' of Reelhouse refers to ' ~ other ~ ', since both projects'
    ~ ' have a model of this name. Write `require_ref_searches_node_package_'
    ~ 'before_root: true` below `flags:` in your dbt_project.yml.'
) }}
{%- endfor -%}
{%- endfor -%}
{%- endmacro %}
