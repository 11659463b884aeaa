SELECT id, "date", block, primary_type
FROM crime_data.crimes_2001_to_present
ORDER BY "date" DESC, id DESC
LIMIT 250 OFFSET 10
