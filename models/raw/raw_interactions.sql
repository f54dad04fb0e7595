{{- check_references() -}}
{#- Either the name of a model, or package.model. -#}
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
