{#-
    Select the rows of rating_splits that a fit reads: all except test rows. A
    folded-in rating gives only its user factors and a bias; without `folded_in`,
    these rows are excluded too.

    Checks for leaks state the condition themselves, so that they find a mistake
    in this macro.
-#}
{% macro fit_rows(folded_in=true) -%}
select * from {{ ref('rating_splits') }}
where
    split <> 'test'
    {{ "and split <> 'fold_in'" if not folded_in }}
{%- endmacro %}
