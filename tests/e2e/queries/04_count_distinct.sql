SELECT primary_type, count(DISTINCT block) AS blocks, count(DISTINCT ward) AS wards
FROM crime_data.crimes_2001_to_present
GROUP BY primary_type
HAVING count(DISTINCT block) > 1
