{#-
    Select the rows of rating_splits that a fit reads: all except test rows.
    Folded-in rows are used only to solve the factors and the bias of their
    user. Without `folded_in`, they are excluded too. `only_all` selects only the
    protocol `all`.

    Checks for leaks state the condition themselves, so that they find a mistake
    in this macro.
-#}
{% macro fit_rows(folded_in=true, only_all=false) -%}
{%- set excluded = "'test'" if folded_in else "'test', 'fold_in'" -%}
select * from {{ ref('rating_splits') }}
where
    split not in ({{ excluded }})
    {{ "and protocol = 'all'" if only_all }}
{%- endmacro %}
