-- Cases on the same block on the same day.
SELECT a.id, b.id AS other_id, a.block, date_trunc('day', a."date") AS day
FROM crime_data.crimes_2001_to_present AS a
JOIN crime_data.crimes_2001_to_present AS b
  ON a.block = b.block AND date_trunc('day', a."date") = date_trunc('day', b."date") AND a.id < b.id
