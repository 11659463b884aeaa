SELECT id, block, primary_type
FROM crime_data.crimes_2001_to_present
WHERE block IN (SELECT block FROM crime_data.crimes_2001_to_present GROUP BY block HAVING count(*) > 20)
  AND district NOT IN (SELECT district FROM crime_data.districts WHERE opened > DATE '2000-01-01')
