SELECT id, beat,
       count(*) OVER (PARTITION BY beat ORDER BY "date", id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS so_far,
       lag(primary_type) OVER (PARTITION BY beat ORDER BY "date", id) AS before_it,
       max(id) OVER (PARTITION BY beat) AS newest
FROM crime_data.crimes_2001_to_present
