{#- They have validation rows of users that have train rows too. #}
{%- set protocols -%}
array('given', 'random', 'global_time', 'user_time', 'leave_last')
{%- endset %}

with

rating_splits as (

    select * from {{ ref('rating_splits') }}
    where fold = 0 and protocol <> 'all'

),

-- `auto` is the first of these protocols that the build evaluates.
protocol_chosen as (

    {%- if var('tuning_protocol') == 'auto' %}

    select
        min_by(protocol, array_position({{ protocols }}, protocol)) as protocol

    from rating_splits
    where array_contains({{ protocols }}, protocol)
    {%- else %}

    select '{{ var("tuning_protocol") }}' as protocol
    {%- endif %}

),

-- The train rows of one of these protocols may be test rows of the other.
rows_tested as (

    select
        user_id,
        movie_id

    from rating_splits
    cross join protocol_chosen
    where
        rating_splits.protocol in ('random', 'given')
        and rating_splits.protocol <> protocol_chosen.protocol
        and split = 'test'

),

rows_known as (

    select rating_splits.*

    from rating_splits
    inner join protocol_chosen using (protocol)
    left anti join rows_tested
        on
            rating_splits.user_id = rows_tested.user_id
            and rating_splits.movie_id = rows_tested.movie_id
    where rating_splits.split in ('train', 'validation')

),

ratings_counted as (

    select count(*) as rating_count from rows_known

),

-- If there are many ratings, keep those of a share of the users, chosen by a
-- hash.
ratings_tuned as (

    select
        protocol,
        fold,
        user_id,
        movie_id,

        split,
        rating,
        strength,

        is_relevant

    from rows_known
    cross join ratings_counted
    where
        {{ hash_fraction(['user_id']) }}
        < {{ var('tuning_rating_limit') }} / rating_count

),

ratings_trained as (

    select * from ratings_tuned
    where split = 'train'

),

movie_biases as (

    {{ movie_biases('ratings_trained') | indent(4) }}

),

user_biases as (

    {{ user_biases('ratings_trained', 'movie_biases') | indent(4) }}

),

global_means as (

    {{ global_means('movie_biases') | indent(4) }}

),

ratings_debiased as (

    select
        ratings_tuned.protocol,
        ratings_tuned.fold,
        ratings_tuned.user_id,
        ratings_tuned.movie_id,

        ratings_tuned.split,
        ratings_tuned.rating,
        ratings_tuned.strength,
        ratings_tuned.rating
        - global_means.global_mean
        - coalesce(user_biases.bias, 0)
        - coalesce(movie_biases.bias, 0) as residual,
        coalesce(movie_biases.bias, 0) as movie_bias,

        ratings_tuned.is_relevant

    from ratings_tuned
    left join global_means using (protocol, fold)
    left join user_biases
        on
            ratings_tuned.protocol = user_biases.protocol
            and ratings_tuned.fold = user_biases.fold
            and ratings_tuned.user_id = user_biases.id
    left join movie_biases
        on
            ratings_tuned.protocol = movie_biases.protocol
            and ratings_tuned.fold = movie_biases.fold
            and ratings_tuned.movie_id = movie_biases.id

)

select * from ratings_debiased
