select *
from {{ ref('similar_movies') }}
where movie_id = similar_movie_id
