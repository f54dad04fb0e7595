{{ long_tail(ref('movies'), key='movie_id', count_name='movie_count') }}
