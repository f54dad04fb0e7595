{{- check_references() -}}
{#- A name, or the name of a package, a dot and a name. -#}
{%- set relation = var('interactions_relation') -%}
with

interactions_of_project as (

    {%- if relation %}

    select * from {{ ref(*relation.split('.')) }}
    {%- else %}

    select cast(null as string) as user_id
    where false
    {%- endif %}

)

select * from interactions_of_project
