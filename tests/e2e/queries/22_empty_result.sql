SELECT id, block, latitude, updated_on
FROM crime_data.crimes_2001_to_present
WHERE primary_type = 'JAYWALKING'
