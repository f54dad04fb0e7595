{{ long_tail(ref('users'), key='user_id', count_name='user_count') }}
